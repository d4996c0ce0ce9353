/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jws_verify.c: verifies the signature of a compact JWS (RFC 7515 5.2) with a
 * key of a JWK Set, by cjose.  The payload is decoded only after that. */
#include "idp/jose/verify.h"

#include <string.h>

#include "idp/jose/keyset_inner.h"
#include "lib/base64.h"
#include "lib/text.h"

OWNER(release_jws, cjose_jws_t *, cjose_jws_release)

static bool refuse(struct fault *why, const char *what)
{
	return fault(why, FAULT_INVALID, "JOSE: %s", what);
}

/* Returns the key with the token's kid; a token without kid is accepted only
 * if the set has one key.  NULL: none. */
static const struct set_key *find_key(const struct keyset *set,
                                      const struct gate_token *t)
{
	if (!t->kid)
		return set->count == 1 ? &set->keys[0] : NULL;
	for (size_t i = 0; i < set->count; i++)
		if (text_equal(set->keys[i].gate.kid, t->kid))
			return &set->keys[i];
	return NULL;
}

static bool is_signed(const struct gate_token *t, const struct set_key *k)
{
	cjose_err error;
	own(release_jws) cjose_jws_t *jws =
	    cjose_jws_import(t->text, strlen(t->text), &error);

	return jws && cjose_jws_verify(jws, k->key, &error);
}

bool jose_verify_bytes(struct arena *a, const char *token,
                       const struct keyset *keys, const char *const *algs,
                       const char **ret_typ, unsigned char **ret_payload,
                       size_t *ret_length, struct fault *why)
{
	struct gate_token t;

	if (!gate_token(a, token, algs, &t, why))
		return false;
	const struct set_key *k = find_key(keys, &t);

	if (!k || !gate_fits(&k->gate, &t))
		return refuse(why, "no key of the set is for this token");
	if (!is_signed(&t, k))
		return refuse(why, "the signature is not that key's");
	if (!base64url_read(a, t.payload, strlen(t.payload), ret_payload,
	                    ret_length))
		return refuse(why, "not a payload");
	*ret_typ = t.typ ? t.typ : "";
	return true;
}

/* RFC 7515 4.1.9: typ is a media type, compared without regard to case; its
 * prefix `application/` may be omitted. */
static bool typ_is_listed(struct arena *a, const char *typ,
                          const char *const *types)
{
	const char *plain = text_lower(a, typ);

	if (text_starts(plain, "application/"))
		plain += strlen("application/");
	for (; *types; types++)
		if (text_equal(*types, plain))
			return true;
	return false;
}

bool jose_verify(struct arena *a, const char *token, const struct keyset *keys,
                 const char *const *algs, const char *const *types,
                 json_t **ret_claims, struct fault *why)
{
	const char *typ;
	unsigned char *payload;
	size_t length;

	if (!jose_verify_bytes(a, token, keys, algs, &typ, &payload, &length,
	                       why))
		return false;
	if (!typ_is_listed(a, typ, types))
		return refuse(why, "a token of another type");
	return js_read(a, (const char *)payload, length, ret_claims, why);
}
