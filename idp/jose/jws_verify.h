/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jws_verify.h: signature verification of JWS and JWT (RFC 7515, RFC 7519),
 * and of the two tokens accepted from outside: client assertions and
 * id_token_hint. */
#ifndef IDP_JOSE_JWS_VERIFY_H
#define IDP_JOSE_JWS_VERIFY_H

#include <stdint.h>

#include "idp/jose/jwks.h"

/* Verifies a JWT and returns its claims, owned by a.  algs: allowed algorithms,
 * NULL-terminated.  types: allowed typ values in lower case, NULL-terminated;
 * "" allows a token without typ.  Every error is INVALID; with several keys
 * the token must have a kid. */
bool jwt_verify(struct arena *a, const char *token, const struct jwks *keys,
                const char *const *algs, const char *const *types,
                json_t **ret_claims, struct error *err) must_check;

/* As jwt_verify, for a payload of any type, not only JSON: returns its bytes,
 * owned by a, and the typ ("" if absent). */
bool jws_verify(struct arena *a, const char *token, const struct jwks *keys,
                const char *const *algs, const char **ret_typ,
                unsigned char **ret_payload, size_t *ret_length,
                struct error *err) must_check;

/* Verifies a private_key_jwt assertion (RFC 7523 3, OpenID Connect Core 9): iss
 * and sub are client_id, aud contains one of audiences (NULL-terminated), exp
 * is in the future and at most five minutes after iat.  Returns jti, owned by
 * a, and exp; the caller must reject a repeated jti until exp.  INVALID on
 * error. */
bool jwt_verify_client_assertion(struct arena *a, const char *token,
                                 const struct jwks *keys, const char *client_id,
                                 const char *const *audiences, int64_t now,
                                 const char **ret_jti, int64_t *ret_exp,
                                 struct error *err) must_check;

/* Returns the client_id in iss and sub of an assertion that is not verified,
 * to choose the client's keys; owned by a.  NULL: not a valid assertion. */
const char *jwt_client_assertion_issuer(struct arena *a, const char *token);

/* Verifies an id_token_hint (OpenID Connect Core 3.1.2.1): an ID token of
 * issuer, signed by one of keys; it may have expired.  Returns its
 * claims, owned by a, with sub and aud.  INVALID on error. */
bool jwt_verify_id_token_hint(struct arena *a, const char *token,
                              const struct jwks *keys, const char *issuer,
                              json_t **ret_claims,
                              struct error *err) must_check;

#endif
