/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jws_precheck.h: checks of a compact JWS (RFC 7515) and of a public JWK (RFC
 * 7517) that run before cjose parses them.  cjose aborts the process on
 * `a=aa..`, ignores crit, and accepts keys of 1,024 bits and exponent 1. */
#ifndef IDP_JOSE_JWS_PRECHECK_H
#define IDP_JOSE_JWS_PRECHECK_H

#include "lib/json.h"

enum { JWS_MAX_BYTES = 16 * 1024, JWKS_MAX_KEYS = 32 };

/* A supported signature algorithm (RFC 7518 3.1). */
struct jws_alg {
	const char *name;
	const char *kty;
	const char *crv;         /* of EC */
	size_t signature_length; /* of EC; RSA: as long as the key */
};

/* A JWS in compact serialization, parsed but not verified. */
struct jws_parsed {
	const char *text; /* the caller's token */
	const struct jws_alg *alg;
	const char *kid; /* NULL: absent */
	const char *typ; /* NULL: absent */
	size_t signature_length;
	const char *payload; /* base64url; decode after verifying */
};

/* Parses token; algs: the allowed algorithms, NULL-terminated.  Returns the
 * parts in *ret_token: text is the caller's, the rest belongs to a.  Every
 * error is INVALID. */
bool jws_parse_strict(struct arena *a, const char *token,
                      const char *const *algs, struct jws_parsed *ret_token,
                      struct error *err) must_check;

/* A public signature key of an accepted type, size, exponent and curve. */
struct jwk_public {
	const json_t *json;
	const char *kid; /* NULL: absent */
	const char *alg; /* NULL: any that matches the type */
	const char *kty, *crv;
	size_t modulus_bytes; /* of RSA: bytes of n */
};
/* Checks one JWK; *ret_key borrows from jwk.  Every error is INVALID. */
bool jwk_check(struct arena *a, const json_t *jwk, struct jwk_public *ret_key,
               struct error *err) must_check;

/* Returns whether the key's type, curve, alg and size match the token. */
bool jws_alg_matches_key(const struct jwk_public *key,
                         const struct jws_parsed *token);

#endif
