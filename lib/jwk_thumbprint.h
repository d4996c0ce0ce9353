/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwk_thumbprint.h: the JWK thumbprint (RFC 7638), used as kid of a
 * key that has none. */
#ifndef LIB_JWK_THUMBPRINT_H
#define LIB_JWK_THUMBPRINT_H

#include "lib/json.h"

/* Returns the SHA-256 thumbprint of an RSA or EC key in base64url, owned by a;
 * NULL for another key type or if a required member is missing.  The members
 * must be canonical (RFC 7518 6), which is not checked: n and e without leading
 * zeros, x and y of full length. */
char *jwk_thumbprint(struct arena *a, const json_t *jwk);

#endif
