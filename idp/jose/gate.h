/* SPDX-License-Identifier: AGPL-3.0-or-later
 * gate.h: what a stranger's token or key must be before the library sees a
 * byte of it.  cjose ends the process on `a=aa..`, ignores crit, and takes
 * keys of 1,024 bits and exponent 1; so nothing reaches it but what passed
 * here. */
#ifndef IDP_JOSE_GATE_H
#define IDP_JOSE_GATE_H

#include "lib/json.h"

enum { GATE_TOKEN_MOST = 16 * 1024, GATE_KEYS_MOST = 32 };

/* The only ones there are: RS and PS are RSA, ES is elliptic. */
struct gate_alg {
	const char *name;
	const char *kty;
	const char *crv;         /* of EC */
	size_t signature_length; /* of EC; RSA: as long as the key */
};
const struct gate_alg *gate_alg(const char *name); /* NULL: not known */

/* A token in compact form, cut into its parts; nothing in it is proved. */
struct gate_token {
	const char *text; /* whole, checked */
	const struct gate_alg *alg;
	const char *kid; /* NULL: none said */
	const char *typ; /* NULL: none said */
	size_t signature_length;
	const char *payload; /* base64url; to be read when proved */
};

/* algs: which are allowed, NULL-terminated.  Every refusal is INVALID. */
bool gate_token(struct arena *a, const char *token, const char *const *algs,
                struct gate_token *ret_token, struct fault *why) must_check;

/* One public signature key, as JSON: of a type, size, exponent and curve that
 * we take, and for signatures only. */
struct gate_key {
	const json_t *jwk;
	const char *kid; /* NULL: none said */
	const char *alg; /* NULL: any that fits the type */
	const char *kty, *crv;
	size_t size; /* of RSA: bytes of n */
};
bool gate_key(struct arena *a, const json_t *jwk, struct gate_key *ret_key,
              struct fault *why) must_check;

/* Whether this key may prove this token at all. */
bool gate_fits(const struct gate_key *key, const struct gate_token *token);

#endif
