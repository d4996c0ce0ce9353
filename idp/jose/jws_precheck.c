/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jws_precheck.c: strict checks of a compact JWS (RFC 7515) and of a public
 * JWK (RFC 7517) before cjose parses them.  Unknown input is an error here, so
 * nothing depends on how cjose handles it. */
#include "idp/jose/jws_precheck.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/strbuf.h"

enum {
	JWS_HEADER_MAX = 2048,
	JOSE_NAME_MAX = 128,
	RSA_MIN_BYTES = 256,     /* bytes: 2,048 bits */
	RSA_MAX_BYTES = 512,     /* 4,096 bits: bounds the cost of verifying */
	RSA_MIN_TOP_BYTE = 0x80, /* top bit set: no shorter modulus, padded */
};

static const struct jws_alg jws_algs[] = {
	{ "RS256", "RSA", NULL, 0 },    { "RS384", "RSA", NULL, 0 },
	{ "RS512", "RSA", NULL, 0 },    { "PS256", "RSA", NULL, 0 },
	{ "PS384", "RSA", NULL, 0 },    { "PS512", "RSA", NULL, 0 },
	{ "ES256", "EC", "P-256", 64 }, { "ES384", "EC", "P-384", 96 },
};

static const struct jws_alg *jws_alg_find(const char *name)
{
	for (size_t i = 0; i < LENGTH(jws_algs); i++)
		if (text_equal(jws_algs[i].name, name))
			return &jws_algs[i];
	return NULL;
}

static bool jws_precheck_error(struct error *err, const char *what)
{
	return error_set(err, ERROR_INVALID, "JOSE: %s", what);
}

/* Reads an optional string member into ret_value (NULL: absent).  Returns
 * false unless its value is short and printable ASCII without spaces. */
static bool jose_read_name(const json_t *object, const char *name,
                           const char **ret_value)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	*ret_value = text;
	if (!value)
		return true;
	if (!text || !*text || strlen(text) > JOSE_NAME_MAX)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* ---- tokens */

static bool jws_alg_is_allowed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (text_equal(*list, name))
			return true;
	return false;
}

/* RFC 8725 3.1: the verifier chooses the allowed algorithms.  RFC 7515 4.1.11:
 * a token whose crit lists unsupported parameters must be rejected; none is
 * supported.  A key is never taken from the token itself. */
static bool jws_check_header(const json_t *header, const char *const *allowed,
                             struct jws_parsed *t, struct error *err)
{
	static const char *const forbidden[] = { "crit", "b64", "jwk", "jku",
		                                 "x5u",  "x5c", "zip", "enc" };
	const char *alg = js_string(header, "alg");

	for (size_t i = 0; i < LENGTH(forbidden); i++)
		if (json_object_get(header, forbidden[i]))
			return error_set(
			    err, ERROR_INVALID,
			    "JOSE: header parameter %s not allowed",
			    forbidden[i]);
	t->alg =
	    alg && jws_alg_is_allowed(allowed, alg) ? jws_alg_find(alg) : NULL;
	if (!t->alg)
		return jws_precheck_error(err, "alg is not allowed");
	if (!jose_read_name(header, "kid", &t->kid) ||
	    !jose_read_name(header, "typ", &t->typ))
		return jws_precheck_error(
		    err, "kid or typ is not a short printable string");
	return true;
}

static bool jws_signature_length_is_valid(const struct jws_parsed *t)
{
	if (t->alg->signature_length > 0)
		return t->signature_length == t->alg->signature_length;
	return t->signature_length >= RSA_MIN_BYTES &&
	       t->signature_length <= RSA_MAX_BYTES;
}

/* Splits a token into three non-empty parts at its dots; ret_ends[i] points
 * behind part i. */
static bool jws_split(const char *token, const char *ret_ends[3])
{
	const char *at = token;

	for (int i = 0; i < 3; i++) {
		const size_t length = strcspn(at, ".");

		ret_ends[i] = at + length;
		if (length == 0 || at[length] != (i < 2 ? '.' : '\0'))
			return false;
		at += length + 1;
	}
	return true;
}

bool jws_parse_strict(struct arena *a, const char *token,
                      const char *const *allowed, struct jws_parsed *ret_token,
                      struct error *err)
{
	struct jws_parsed parsed = { .text = token };
	const char *ends[3];
	unsigned char *bytes;
	size_t length;
	json_t *header;

	if (strnlen(token, JWS_MAX_BYTES + 1) > JWS_MAX_BYTES)
		return jws_precheck_error(err, "token is larger than 16 KiB");
	if (!jws_split(token, ends))
		return jws_precheck_error(err,
		                          "token does not have three parts");
	if (ends[0] - token > JWS_HEADER_MAX ||
	    !base64url_decode(a, token, (size_t)(ends[0] - token), &bytes,
	                      &length) ||
	    !js_parse(a, (const char *)bytes, length, &header, NULL))
		return jws_precheck_error(
		    err, "header is not base64url-encoded JSON");
	if (!jws_check_header(header, allowed, &parsed, err))
		return false;
	parsed.payload =
	    arena_memdup(a, ends[0] + 1, (size_t)(ends[1] - ends[0] - 1));
	if (!base64url_decode(a, parsed.payload, strlen(parsed.payload), &bytes,
	                      &length))
		return jws_precheck_error(err, "payload is not base64url");
	if (!base64url_decode(a, ends[1] + 1, (size_t)(ends[2] - ends[1] - 1),
	                      &bytes, &parsed.signature_length) ||
	    !jws_signature_length_is_valid(&parsed))
		return jws_precheck_error(
		    err, "signature has the wrong length for alg");
	*ret_token = parsed;
	return true;
}

/* ---- keys */

/* Parameters that a public key must not have: private parts of RSA and EC, and
 * the value of a symmetric key (RFC 7518 6.2.2, 6.3.2, 6.4.1). */
static bool jwk_has_private_member(const json_t *jwk)
{
	static const char *const names[] = { "d",  "p",  "q",   "dp",
		                             "dq", "qi", "oth", "k" };

	for (size_t i = 0; i < LENGTH(names); i++)
		if (json_object_get(jwk, names[i]))
			return true;
	return false;
}

static bool jwk_read_bytes(struct arena *a, const json_t *jwk, const char *name,
                           unsigned char **ret_bytes, size_t *ret_length)
{
	const char *text = js_string(jwk, name);

	return text && *text &&
	       base64url_decode(a, text, strlen(text), ret_bytes, ret_length);
}

static unsigned modulus_remainder(const unsigned char *n, size_t length,
                                  unsigned divisor)
{
	unsigned remainder = 0;

	for (size_t i = 0; i < length; i++)
		remainder = (remainder * 256 + n[i]) % divisor;
	return remainder;
}

static bool is_power_of_65537(unsigned remainder, unsigned prime)
{
	unsigned power = 1;

	do {
		if (power == remainder)
			return true;
		power = power * (65537 % prime) % prime;
	} while (power != 1);
	return false;
}

/* CVE-2017-15361 (ROCA): returns whether the modulus is a power of 65537 modulo
 * all of these primes, as the broken chips made it.  A sound modulus has this
 * property with a chance of one in a hundred million. */
static bool modulus_is_roca(const unsigned char *n, size_t length)
{
	static const unsigned primes[] = { 11,  13,  17,  19,  37, 53,
		                           61,  71,  73,  79,  97, 103,
		                           107, 109, 127, 151, 157 };

	for (size_t i = 0; i < LENGTH(primes); i++)
		if (!is_power_of_65537(modulus_remainder(n, length, primes[i]),
		                       primes[i]))
			return false;
	return true;
}

static bool jwk_check_rsa(struct arena *a, const json_t *jwk,
                          struct jwk_public *k, struct error *err)
{
	unsigned char *n;

	if (!jwk_read_bytes(a, jwk, "n", &n, &k->modulus_bytes) ||
	    k->modulus_bytes < RSA_MIN_BYTES ||
	    k->modulus_bytes > RSA_MAX_BYTES || n[0] < RSA_MIN_TOP_BYTE ||
	    n[k->modulus_bytes - 1] % 2 == 0)
		return jws_precheck_error(
		    err, "RSA modulus is not 2048 to 4096 bits");
	if (!text_equal(js_string(jwk, "e"), "AQAB"))
		return jws_precheck_error(err, "RSA exponent is not 65537");
	if (modulus_is_roca(n, k->modulus_bytes))
		return jws_precheck_error(err, "RSA modulus is weak (ROCA)");
	return true;
}

static bool jwk_check_ec(struct arena *a, const json_t *jwk,
                         struct jwk_public *k, struct error *err)
{
	const char *crv = js_string(jwk, "crv");
	size_t width = text_equal(crv, "P-256") ? 32 : 48, x_length, y_length;
	unsigned char *bytes;

	if (!text_equal(crv, "P-256") && !text_equal(crv, "P-384"))
		return jws_precheck_error(err, "crv is not P-256 or P-384");
	if (!jwk_read_bytes(a, jwk, "x", &bytes, &x_length) ||
	    !jwk_read_bytes(a, jwk, "y", &bytes, &y_length) ||
	    x_length != width || y_length != width)
		return jws_precheck_error(
		    err, "x or y has the wrong length for crv");
	k->crv = crv;
	return true;
}

/* RFC 7517 4.2 and 4.3: use and key_ops, if present, must allow verifying. */
static bool jwk_is_for_signatures(const json_t *jwk)
{
	const json_t *use = json_object_get(jwk, "use");
	const json_t *ops = json_object_get(jwk, "key_ops");
	const json_t *op;
	size_t i;
	bool verifies = false;

	if (use && !text_equal(json_string_value(use), "sig"))
		return false;
	if (!ops)
		return true;
	json_array_foreach(ops, i,
	                   op) if (text_equal(json_string_value(op), "verify"))
	    verifies = true;
	return verifies;
}

static bool jwk_alg_matches_type(const struct jwk_public *k)
{
	const struct jws_alg *alg = jws_alg_find(k->alg);

	return alg && text_equal(alg->kty, k->kty) &&
	       text_equal(alg->crv, k->crv);
}

bool jwk_check(struct arena *a, const json_t *jwk, struct jwk_public *ret_key,
               struct error *err)
{
	struct jwk_public k = { .json = jwk, .kty = js_string(jwk, "kty") };
	bool ok;

	if (jwk_has_private_member(jwk))
		return jws_precheck_error(
		    err, "JWK contains a private or symmetric key");
	if (!jose_read_name(jwk, "kid", &k.kid) ||
	    !jose_read_name(jwk, "alg", &k.alg))
		return jws_precheck_error(
		    err, "kid or alg is not a short printable string");
	if (!jwk_is_for_signatures(jwk))
		return jws_precheck_error(err,
		                          "use or key_ops of the key does not "
		                          "allow signature verification");
	if (text_equal(k.kty, "RSA"))
		ok = jwk_check_rsa(a, jwk, &k, err);
	else if (text_equal(k.kty, "EC"))
		ok = jwk_check_ec(a, jwk, &k, err);
	else
		ok = jws_precheck_error(err, "kty is not RSA or EC");
	if (!ok)
		return false;
	if (k.alg && !jwk_alg_matches_type(&k))
		return jws_precheck_error(
		    err, "alg does not match kty and crv of the key");
	*ret_key = k;
	return true;
}

bool jws_alg_matches_key(const struct jwk_public *key,
                         const struct jws_parsed *token)
{
	if (!text_equal(key->kty, token->alg->kty) ||
	    !text_equal(key->crv, token->alg->crv))
		return false;
	if (key->alg && !text_equal(key->alg, token->alg->name))
		return false;
	return key->modulus_bytes == 0 ||
	       key->modulus_bytes == token->signature_length;
}
