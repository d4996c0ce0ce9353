/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jws_precheck.h: checks of a compact JWS (RFC 7515) and of a public JWK (RFC
 * 7517) that run before cjose parses them.  cjose aborts the process on
 * `a=aa..`, ignores crit, and accepts keys of 1,024 bits and exponent 1. */
#ifndef IDP_JOSE_GATE_H
#define IDP_JOSE_GATE_H

#include "lib/json.h"

enum { GATE_TOKEN_MOST = 16 * 1024, GATE_KEYS_MOST = 32 };

/* A supported signature algorithm (RFC 7518 3.1). */
struct gate_alg {
	const char *name;
	const char *kty;
	const char *crv;         /* of EC */
	size_t signature_length; /* of EC; RSA: as long as the key */
};
/* Returns the algorithm with this name; NULL: not supported. */
const struct gate_alg *gate_alg(const char *name);

/* A JWS in compact serialization, parsed but not verified. */
struct gate_token {
	const char *text; /* the caller's token */
	const struct gate_alg *alg;
	const char *kid; /* NULL: absent */
	const char *typ; /* NULL: absent */
	size_t signature_length;
	const char *payload; /* base64url; decode after verifying */
};

/* Parses token; algs: the allowed algorithms, NULL-terminated.  Returns the
 * parts in *ret_token: text is the caller's, the rest belongs to a.  Every
 * error is INVALID. */
bool gate_token(struct arena *a, const char *token, const char *const *algs,
                struct gate_token *ret_token, struct fault *why) must_check;

/* A public signature key of an accepted type, size, exponent and curve. */
struct gate_key {
	const json_t *jwk;
	const char *kid; /* NULL: absent */
	const char *alg; /* NULL: any that matches the type */
	const char *kty, *crv;
	size_t size; /* of RSA: bytes of n */
};
/* Checks one JWK; *ret_key borrows from jwk.  Every error is INVALID. */
bool gate_key(struct arena *a, const json_t *jwk, struct gate_key *ret_key,
              struct fault *why) must_check;

/* Returns whether the key's type, curve, alg and size match the token. */
bool gate_fits(const struct gate_key *key, const struct gate_token *token);

#endif
