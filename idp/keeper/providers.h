/* SPDX-License-Identifier: AGPL-3.0-or-later
 * providers.h: the SAML services of a snapshot, by the entityID in their
 * metadata files. */
#ifndef IDP_KEEPER_PROVIDERS_H
#define IDP_KEEPER_PROVIDERS_H

#include "region/region.h"

/* Whether a service registered at that issuer has this entityID.  The files
 * of a snapshot are read once; one that cannot be read is no service. */
bool provider_is_known(const struct region *r, const struct issuer *i,
                       const char *entity_id);

/* The entityID of the EntityDescriptor in metadata, living in a; NULL where
 * there is none. */
char *provider_entity_id(struct arena *a, const char *metadata);

#endif
