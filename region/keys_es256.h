/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys_es256.h: public keys on P-256 and what was signed with them. */
#ifndef REGION_KEYS_ES256_H
#define REGION_KEYS_ES256_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "lib/json.h"

/* RFC 7638, for RSA and EC; NULL where a member it is made of is missing. */
char *jwk_thumbprint(struct arena *a, const json_t *jwk);

/* The P-256 key of a JWK, living in a.  INVALID for any other key, a point
 * that is not on the curve, and one that holds its private part. */
bool jwk_read_p256(struct arena *a, const json_t *jwk, EVP_PKEY **ret_pkey,
                   struct fault *why) must_check;

/* Whether a JWK holds what must not leave its owner. */
bool jwk_is_private(const json_t *jwk);

/* signature: base64url of r and s (RFC 7518, 3.4). */
bool es256_is_signed(EVP_PKEY *pkey, const char *text, const char *signature);

#endif
