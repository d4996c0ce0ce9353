/* SPDX-License-Identifier: AGPL-3.0-or-later
 * key_crypto.h: creates and parses keys, and signs, with OpenSSL. */
#ifndef IDP_SIGNER_KEY_CRYPTO_H
#define IDP_SIGNER_KEY_CRYPTO_H

#include "idp/signer/keys.h"

/* Returns a new private key for alg as PEM, followed by a self-signed
 * certificate if subject is not NULL. */
bool key_create(struct arena *a, const char *alg, const char *subject,
                char **ret_pem, struct error *err) must_check;

/* Parses such a PEM into pkey, kid, jwk and, if there is one, certificate. On
 * error ERROR_INVALID: neither RSA of 2,048 bits or more nor P-256. */
bool key_parse(struct arena *a, const char *pem, struct key *ret_key,
               struct error *err) must_check;

/* Returns the signature in the form of JWS (RFC 7518 3.3, 3.4): 256 bytes or
 * more for RS256, r and s for ES256. */
bool key_sign(struct arena *a, const struct key *k, const void *bytes,
              size_t length, unsigned char **ret_signature, size_t *ret_length,
              struct error *err) must_check;

/* Returns the public key as PEM, allocated in a; NULL on error. */
char *key_public_pem(struct arena *a, const struct key *k);

#endif
