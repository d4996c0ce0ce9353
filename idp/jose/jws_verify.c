/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jws_verify.c: verifies the signature of a compact JWS (RFC 7515 5.2) with a
 * key of a JWK Set, by cjose.  The payload is decoded only after that. */
#include "idp/jose/jws_verify.h"

#include <string.h>

#include "idp/jose/jwks_private.h"
#include "lib/base64.h"
#include "lib/strbuf.h"

DEFINE_CLEANUP(release_jws, cjose_jws_t *, cjose_jws_release)

static bool jws_verify_error(struct error *err, const char *what)
{
	return error_set(err, ERROR_INVALID, "JOSE: %s", what);
}

/* Returns the key with the token's kid; a token without kid is accepted only
 * if the set has one key.  NULL: none. */
static const struct jwks_key *jws_find_key(const struct jwks *set,
                                           const struct jws_parsed *t)
{
	if (!t->kid)
		return set->count == 1 ? &set->keys[0] : NULL;
	for (size_t i = 0; i < set->count; i++)
		if (text_equal(set->keys[i].jwk.kid, t->kid))
			return &set->keys[i];
	return NULL;
}

static bool jws_signature_is_valid(const struct jws_parsed *t,
                                   const struct jwks_key *k)
{
	cjose_err error;
	own(release_jws) cjose_jws_t *jws =
	    cjose_jws_import(t->text, strlen(t->text), &error);

	return jws && cjose_jws_verify(jws, k->key, &error);
}

bool jws_verify(struct arena *a, const char *token, const struct jwks *keys,
                const char *const *algs, const char **ret_typ,
                unsigned char **ret_payload, size_t *ret_length,
                struct error *err)
{
	struct jws_parsed parsed;

	if (!jws_parse_strict(a, token, algs, &parsed, err))
		return false;
	const struct jwks_key *k = jws_find_key(keys, &parsed);

	if (!k || !jws_alg_matches_key(&k->jwk, &parsed))
		return jws_verify_error(
		    err,
		    "no key of the JWK set matches kid and alg of the token");
	if (!jws_signature_is_valid(&parsed, k))
		return jws_verify_error(err, "signature is invalid");
	if (!base64url_decode(a, parsed.payload, strlen(parsed.payload),
	                      ret_payload, ret_length))
		return jws_verify_error(err, "payload is not base64url");
	*ret_typ = parsed.typ ? parsed.typ : "";
	return true;
}

/* RFC 7515 4.1.9: typ is a media type, compared without regard to case; its
 * prefix `application/` may be omitted. */
static bool jwt_typ_is_allowed(struct arena *a, const char *typ,
                               const char *const *types)
{
	const char *lower = text_lower(a, typ);

	if (text_starts(lower, "application/"))
		lower += strlen("application/");
	for (; *types; types++)
		if (text_equal(*types, lower))
			return true;
	return false;
}

bool jwt_verify(struct arena *a, const char *token, const struct jwks *keys,
                const char *const *algs, const char *const *types,
                json_t **ret_claims, struct error *err)
{
	const char *typ;
	unsigned char *payload;
	size_t length;

	if (!jws_verify(a, token, keys, algs, &typ, &payload, &length, err))
		return false;
	if (!jwt_typ_is_allowed(a, typ, types))
		return jws_verify_error(err,
		                        "typ is not the expected token type");
	return js_parse(a, (const char *)payload, length, ret_claims, err);
}
