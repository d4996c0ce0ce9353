/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwe.h: encrypts a secret to another installation's signer (RFC 7516), with
 * ECDH-ES over P-256 and A256GCM only. */
#ifndef IDP_SIGNER_JWE_H
#define IDP_SIGNER_JWE_H

#include <openssl/evp.h>

#include "lib/json.h"

/* recipient: the public key as a JWK. Returns the compact serialization. */
bool jwe_encrypt(struct arena *a, const json_t *recipient, const char *secret,
                 char **ret_jwe, struct error *err) must_check;

/* On error ERROR_INVALID, with the same text for every cause. */
bool jwe_decrypt(struct arena *a, EVP_PKEY *own_key, const char *jwe,
                 char **ret_secret, struct error *err) must_check;

/* The Concat KDF of RFC 7518 4.6.2, for a key of up to 256 bits. The names and
 * bits are parameters for the RFC's test vector. */
void jwe_concat_kdf(struct arena *a, const void *z, size_t length,
                    const char *enc, const char *apu, const char *apv,
                    unsigned bits, unsigned char ret_key[32]);

#endif
