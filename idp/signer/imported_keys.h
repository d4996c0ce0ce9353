/* SPDX-License-Identifier: AGPL-3.0-or-later
 * imported_keys.h: another installation's public keys, published among an
 * issuer's own before that installation takes over. They never sign. */
#ifndef IDP_SIGNER_IMPORTED_KEYS_H
#define IDP_SIGNER_IMPORTED_KEYS_H

#include "lib/json.h"

/* Store a key for OpenID Connect (JWK) or a certificate for SAML (base64 of its
 * DER) in the issuer's key directory. ret_id: the kid, or the certificate's
 * SHA-256 in hex. On error ERROR_INVALID: private, weak or malformed. */
bool imported_keys_add_jwk(struct arena *a, const char *folder,
                           const json_t *jwk, const char **ret_id,
                           struct error *err) must_check;
bool imported_keys_add_certificate(struct arena *a, const char *folder,
                                   const char *certificate, const char **ret_id,
                                   struct error *err) must_check;

/* Appends the stored JWKs, and the certificates as base64. */
bool imported_keys_list(struct arena *a, const char *folder, json_t *jwks,
                        json_t *certificates, struct error *err) must_check;

#endif
