/* SPDX-License-Identifier: AGPL-3.0-or-later
 * idp_metadata.h: the metadata of the SAML identity provider. */
#ifndef IDP_SAML_METADATA_H
#define IDP_SAML_METADATA_H

#include "idp/session/visit.h"

/* Returns the EntityDescriptor of an issuer with these certificates (base64
 * DER), owned by a. */
char *metadata_text(struct arena *a, const struct region *r,
                    const struct issuer *i, char *const *certificates,
                    size_t count);

/* Return the Location of an issuer's SingleSignOnService and
 * SingleLogoutService, owned by a. */
char *metadata_sso(struct arena *a, const struct issuer *i);
char *metadata_slo(struct arena *a, const struct issuer *i);

#endif
