/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwks.c: reads a JWK Set (RFC 7517 5) of public keys.  One unacceptable key
 * is an error for the whole set. */
#include "idp/jose/keyset_inner.h"

#include <string.h>

#include "lib/file.h"
#include "lib/text.h"

enum { LARGEST_FILE = 64 * 1024 };

static void release_key(void *key)
{
	(void)cjose_jwk_release(key);
}

static bool kid_is_new(const struct keyset *set, const char *kid)
{
	for (size_t i = 0; i < set->count; i++)
		if (text_equal(set->keys[i].gate.kid, kid))
			return false;
	return true;
}

/* Returns a JWK with only the parameters that jwk_check has checked. */
static json_t *bare(struct arena *a, const struct gate_key *k)
{
	static const char *const names[] = { "kty", "n", "e", "crv", "x", "y" };
	json_t *jwk = js_keep(a, json_object());

	for (size_t i = 0; i < LENGTH(names); i++)
		js_put(jwk, names[i], js_string(k->jwk, names[i]));
	return jwk;
}

static bool add_key(struct arena *a, struct keyset *set, const json_t *jwk,
                    struct fault *why)
{
	struct set_key k;
	cjose_err error;
	char *thumbprint;

	if (!gate_key(a, jwk, &k.gate, why))
		return false;
	const char *text = js_write(a, bare(a, &k.gate));

	/* cjose checks that a point is on its curve. */
	k.key = cjose_jwk_import(text, strlen(text), &error);
	if (!k.key)
		return fault(why, FAULT_INVALID, "JOSE: not a key");
	arena_keep(a, k.key, release_key);
	if (!k.gate.kid) {
		if (!thumbprint_of(a, k.key, &thumbprint, why))
			return false;
		k.gate.kid = thumbprint;
	}
	if (!kid_is_new(set, k.gate.kid))
		return fault(why, FAULT_INVALID, "JOSE: a kid twice");
	set->keys[set->count++] = k;
	return true;
}

bool keyset_read(struct arena *a, const json_t *jwks,
                 const struct keyset **ret_set, struct fault *why)
{
	const json_t *keys = js_array(jwks, "keys");
	const size_t count = json_array_size(keys);
	struct keyset *set = arena_new(a, struct keyset);

	if (count == 0 || count > GATE_KEYS_MOST)
		return fault(why, FAULT_INVALID,
		             "JOSE: a set of %zu keys, not 1 to %d", count,
		             GATE_KEYS_MOST);
	set->keys = arena_array(a, struct set_key, count);
	for (size_t i = 0; i < count; i++)
		if (!add_key(a, set, json_array_get(keys, i), why))
			return false;
	*ret_set = set;
	return true;
}

bool keyset_read_text(struct arena *a, const char *bytes, size_t length,
                      const struct keyset **ret_set, struct fault *why)
{
	json_t *jwks;

	if (length > LARGEST_FILE)
		return fault(why, FAULT_INVALID, "JOSE: a set over 64 KiB");
	return js_read(a, bytes, length, &jwks, why) &&
	       keyset_read(a, jwks, ret_set, why);
}

bool keyset_read_file(struct arena *a, const char *path,
                      const struct keyset **ret_set, struct fault *why)
{
	char *bytes;
	size_t length;

	return file_read(a, path, LARGEST_FILE, &bytes, &length, why) &&
	       keyset_read_text(a, bytes, length, ret_set, why);
}

size_t keyset_count(const struct keyset *set)
{
	return set->count;
}

bool keyset_thumbprint(struct arena *a, const struct keyset *set, size_t i,
                       char **ret_thumbprint, struct fault *why)
{
	if (i >= set->count)
		return fault(why, FAULT_INVALID, "no such key");
	return thumbprint_of(a, set->keys[i].key, ret_thumbprint, why);
}
