/* SPDX-License-Identifier: AGPL-3.0-or-later
 * es256.h: P-256 public keys from JWK (RFC 7517) and ES256 verification (RFC
 * 7518 3.4). */
#ifndef REGION_AUDIT_ES256_H
#define REGION_AUDIT_ES256_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "lib/json.h"

/* Parses the P-256 public key of a JWK; *ret_pkey is owned by a.  On error
 * returns ERROR_INVALID: another key type, a point not on the curve, or a
 * private key. */
bool jwk_parse_p256(struct arena *a, const json_t *jwk, EVP_PKEY **ret_pkey,
                    struct error *err) must_check;

/* Returns true if the JWK contains private or symmetric key material. */
bool jwk_is_private(const json_t *jwk);

/* Verifies a signature: base64url of r and s (RFC 7518 3.4). */
bool es256_verify(EVP_PKEY *pkey, const char *text, const char *signature);

#endif
