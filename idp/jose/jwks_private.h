/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwks_private.h: the JWK Set as jwks.c and jws_verify.c use it. */
#ifndef IDP_JOSE_JWKS_PRIVATE_H
#define IDP_JOSE_JWKS_PRIVATE_H

#include <cjose/cjose.h>

#include "idp/jose/jwks.h"
#include "idp/jose/jws_precheck.h"

struct jwks_key {
	struct jwk_public jwk; /* kid: the thumbprint if the JWK has none */
	cjose_jwk_t *key;
};

struct jwks {
	struct jwks_key *keys;
	size_t count;
};

/* Returns the RFC 7638 thumbprint of key, owned by a (thumbprint.c). */
bool jwks_key_thumbprint(struct arena *a, const cjose_jwk_t *key,
                         char **ret_thumbprint, struct error *err) must_check;

#endif
