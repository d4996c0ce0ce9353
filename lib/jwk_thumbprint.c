/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwk_thumbprint.c: the JWK thumbprint (RFC 7638): SHA-256 of the required
 * members in lexical order, without white space. */
#include "lib/jwk_thumbprint.h"

#include "lib/hash.h"
#include "lib/strbuf.h"

enum { MAX_REQUIRED = 4 };

/* The required members in lexical order (RFC 7638 3.2). */
static const struct jwk_type {
	const char *kty;
	const char *required[MAX_REQUIRED + 1];
} jwk_types[] = {
	{ "EC", { "crv", "kty", "x", "y" } },
	{ "RSA", { "e", "kty", "n" } },
};

static const struct jwk_type *jwk_type_find(const char *kty)
{
	for (size_t i = 0; i < LENGTH(jwk_types); i++)
		if (text_equal(jwk_types[i].kty, kty))
			return &jwk_types[i];
	return NULL;
}

char *jwk_thumbprint(struct arena *a, const json_t *jwk)
{
	const struct jwk_type *type = jwk_type_find(js_string(jwk, "kty"));
	json_t *required = js_own(a, json_object());

	for (size_t i = 0; type && type->required[i]; i++) {
		const char *value = js_string(jwk, type->required[i]);

		if (!value)
			return NULL;
		js_set_string(required, type->required[i], value);
	}
	return type ? hash_sha256_base64url(a, js_dump(a, required)) : NULL;
}
