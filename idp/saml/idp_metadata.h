/* SPDX-License-Identifier: AGPL-3.0-or-later
 * idp_metadata.h: the metadata of the SAML identity provider. */
#ifndef IDP_SAML_IDP_METADATA_H
#define IDP_SAML_IDP_METADATA_H

#include "idp/session/request_context.h"

/* Returns the EntityDescriptor of an issuer with these certificates (base64
 * DER), owned by a. */
char *idp_metadata_build(struct arena *a, const struct config *cfg,
                         const struct issuer *i, char *const *certificates,
                         size_t count);

/* Return the Location of an issuer's SingleSignOnService and
 * SingleLogoutService, owned by a. */
char *idp_metadata_sso_url(struct arena *a, const struct issuer *i);
char *idp_metadata_slo_url(struct arena *a, const struct issuer *i);

#endif
