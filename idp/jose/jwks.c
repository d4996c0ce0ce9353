/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwks.c: reads a JWK Set (RFC 7517 5) of public keys.  One unacceptable key
 * is an error for the whole set. */
#include "idp/jose/jwks_private.h"

#include <string.h>

#include "lib/file.h"
#include "lib/strbuf.h"

enum { JWKS_FILE_MAX = 64 * 1024 };

static void jwks_release_key(void *key)
{
	(void)cjose_jwk_release(key);
}

static bool jwks_kid_is_unique(const struct jwks *set, const char *kid)
{
	for (size_t i = 0; i < set->count; i++)
		if (text_equal(set->keys[i].jwk.kid, kid))
			return false;
	return true;
}

/* Returns a JWK with only the parameters that jwk_check has checked. */
static json_t *jwk_public_members(struct arena *a, const struct jwk_public *k)
{
	static const char *const names[] = { "kty", "n", "e", "crv", "x", "y" };
	json_t *jwk = js_own(a, json_object());

	for (size_t i = 0; i < LENGTH(names); i++)
		js_set_string(jwk, names[i], js_string(k->json, names[i]));
	return jwk;
}

static bool jwks_add_key(struct arena *a, struct jwks *set, const json_t *jwk,
                         struct error *err)
{
	struct jwks_key k;
	cjose_err error;
	char *thumbprint;

	if (!jwk_check(a, jwk, &k.jwk, err))
		return false;
	const char *text = js_dump(a, jwk_public_members(a, &k.jwk));

	/* cjose checks that a point is on its curve. */
	k.key = cjose_jwk_import(text, strlen(text), &error);
	if (!k.key)
		return error_set(err, ERROR_INVALID, "JOSE: invalid key");
	arena_own(a, k.key, jwks_release_key);
	if (!k.jwk.kid) {
		if (!jwks_key_thumbprint(a, k.key, &thumbprint, err))
			return false;
		k.jwk.kid = thumbprint;
	}
	if (!jwks_kid_is_unique(set, k.jwk.kid))
		return error_set(err, ERROR_INVALID,
		                 "JOSE: duplicate kid in the JWK set");
	set->keys[set->count++] = k;
	return true;
}

bool jwks_from_json(struct arena *a, const json_t *jwks,
                    const struct jwks **ret_set, struct error *err)
{
	const json_t *keys = js_array(jwks, "keys");
	const size_t count = json_array_size(keys);
	struct jwks *set = arena_new(a, struct jwks);

	if (count == 0 || count > JWKS_MAX_KEYS)
		return error_set(
		    err, ERROR_INVALID,
		    "JOSE: JWK set has %zu keys; 1 to %d are allowed", count,
		    JWKS_MAX_KEYS);
	set->keys = arena_array(a, struct jwks_key, count);
	for (size_t i = 0; i < count; i++)
		if (!jwks_add_key(a, set, json_array_get(keys, i), err))
			return false;
	*ret_set = set;
	return true;
}

bool jwks_parse(struct arena *a, const char *bytes, size_t length,
                const struct jwks **ret_set, struct error *err)
{
	json_t *jwks;

	if (length > JWKS_FILE_MAX)
		return error_set(err, ERROR_INVALID,
		                 "JOSE: JWK set is larger than 64 KiB");
	return js_parse(a, bytes, length, &jwks, err) &&
	       jwks_from_json(a, jwks, ret_set, err);
}

bool jwks_load_file(struct arena *a, const char *path,
                    const struct jwks **ret_set, struct error *err)
{
	char *bytes;
	size_t length;

	return file_read(a, path, JWKS_FILE_MAX, &bytes, &length, err) &&
	       jwks_parse(a, bytes, length, ret_set, err);
}

size_t jwks_count(const struct jwks *set)
{
	return set->count;
}

bool jwks_thumbprint(struct arena *a, const struct jwks *set, size_t i,
                     char **ret_thumbprint, struct error *err)
{
	if (i >= set->count)
		return error_set(err, ERROR_INVALID, "no key with this index");
	return jwks_key_thumbprint(a, set->keys[i].key, ret_thumbprint, err);
}
