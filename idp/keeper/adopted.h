/* SPDX-License-Identifier: AGPL-3.0-or-later
 * adopted.h: another installation's public keys, published among an issuer's
 * own before that installation takes its place.  There is nothing here to
 * sign with. */
#ifndef IDP_KEEPER_ADOPTED_H
#define IDP_KEEPER_ADOPTED_H

#include "lib/json.h"

/* A key for OpenID Connect as a JWK, a certificate for SAML as base64 of its
 * DER: checked, and kept in the issuer's folder.  ret_id: the kid, or the
 * certificate's SHA-256.  The same one again is no second one. */
bool adopted_add_key(struct arena *a, const char *folder, const json_t *jwk,
                     const char **ret_id, struct fault *why) must_check;
bool adopted_add_certificate(struct arena *a, const char *folder,
                             const char *certificate, const char **ret_id,
                             struct fault *why) must_check;

/* Appends what the folder has: JWKs, and certificates as base64. */
bool adopted_list(struct arena *a, const char *folder, json_t *jwks,
                  json_t *certificates, struct fault *why) must_check;

#endif
