/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwks_private.h: the JWK Set as jwks.c and jws_verify.c use it. */
#ifndef IDP_JOSE_KEYSET_INNER_H
#define IDP_JOSE_KEYSET_INNER_H

#include <cjose/cjose.h>

#include "idp/jose/gate.h"
#include "idp/jose/keyset.h"

struct set_key {
	struct gate_key gate; /* kid: the thumbprint if the JWK has none */
	cjose_jwk_t *key;
};

struct keyset {
	struct set_key *keys;
	size_t count;
};

/* Returns the RFC 7638 thumbprint of key, owned by a (thumbprint.c). */
bool thumbprint_of(struct arena *a, const cjose_jwk_t *key,
                   char **ret_thumbprint, struct fault *why) must_check;

#endif
