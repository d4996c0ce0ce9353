/* SPDX-License-Identifier: AGPL-3.0-or-later
 * make.h: making keys and reading them, public halves, signatures: what the
 * keeper does with OpenSSL. */
#ifndef IDP_KEEPER_MAKE_H
#define IDP_KEEPER_MAKE_H

#include "idp/keeper/keys.h"

/* PEM of a new private key for alg; with a self-signed certificate behind it
 * where subject is not NULL. */
bool key_make(struct arena *a, const char *alg, const char *subject,
              char **ret_pem, struct fault *why) must_check;

/* Reads such a PEM: fills pkey, kid, jwk, and certificate if there is one.
 * INVALID for any type or size of key but the two we make. */
bool key_read(struct arena *a, const char *pem, struct key *ret_key,
              struct fault *why) must_check;

/* The signature as JWS wants it: 256 bytes or more for RS256, r and s for
 * ES256. */
bool sign_bytes(struct arena *a, const struct key *k, const void *bytes,
                size_t length, unsigned char **ret_signature,
                size_t *ret_length, struct fault *why) must_check;

#endif
