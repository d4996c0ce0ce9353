/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwe.h: a secret closed for another installation's keeper (RFC 7516):
 * ECDH-ES straight to A256GCM over P-256, and nothing else. */
#ifndef IDP_KEEPER_JWE_H
#define IDP_KEEPER_JWE_H

#include <openssl/evp.h>

#include "lib/json.h"

/* to: the receiver's public key as a JWK. */
bool jwe_close(struct arena *a, const json_t *to, const char *secret,
               char **ret_jwe, struct fault *why) must_check;

/* INVALID, with one and the same text whatever was wrong, unless it was
 * closed for this key. */
bool jwe_open(struct arena *a, EVP_PKEY *own_key, const char *jwe,
              char **ret_secret, struct fault *why) must_check;

/* RFC 7518, 4.6.2, for a key of 256 bits; for its test vector's sake the
 * names are the caller's. */
void jwe_derive(struct arena *a, const void *z, size_t length, const char *enc,
                const char *apu, const char *apv, unsigned bits,
                unsigned char ret_key[32]);

#endif
