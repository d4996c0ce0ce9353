/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keyset_inner.h: a set as verify.c sees it. */
#ifndef IDP_JOSE_KEYSET_INNER_H
#define IDP_JOSE_KEYSET_INNER_H

#include <cjose/cjose.h>

#include "idp/jose/gate.h"
#include "idp/jose/keyset.h"

struct set_key {
	struct gate_key gate; /* kid: the thumbprint where none was said */
	cjose_jwk_t *key;
};

struct keyset {
	struct set_key *keys;
	size_t count;
};

/* thumbprint.c, the one file that calls liboauth2. */
bool thumbprint_of(struct arena *a, const cjose_jwk_t *key,
                   char **ret_thumbprint, struct fault *why) must_check;

#endif
