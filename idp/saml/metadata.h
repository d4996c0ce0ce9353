/* SPDX-License-Identifier: AGPL-3.0-or-later
 * metadata.h: what we publish of ourselves as a SAML identity provider. */
#ifndef IDP_SAML_METADATA_H
#define IDP_SAML_METADATA_H

#include "idp/session/visit.h"

/* The EntityDescriptor of an issuer with these certificates, living in a. */
char *metadata_text(struct arena *a, const struct region *r,
                    const struct issuer *i, char *const *certificates,
                    size_t count);

/* Where an issuer takes AuthnRequests and logout messages, living in a. */
char *metadata_sso(struct arena *a, const struct issuer *i);
char *metadata_slo(struct arena *a, const struct issuer *i);

#endif
