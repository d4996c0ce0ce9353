/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_entity_ids.h: the SAML services of a configuration, by the entityID in
 * their metadata files. */
#ifndef IDP_KEEPER_PROVIDERS_H
#define IDP_KEEPER_PROVIDERS_H

#include "region/region.h"

/* Returns whether a service of that issuer has this entityID. The files of a
 * configuration are read once; on error the service is unknown. */
bool provider_is_known(const struct region *r, const struct issuer *i,
                       const char *entity_id);

/* Returns the entityID of the EntityDescriptor in metadata, allocated in a;
 * NULL if there is none. */
char *provider_entity_id(struct arena *a, const char *metadata);

#endif
