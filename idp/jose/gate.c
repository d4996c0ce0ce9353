/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jws_precheck.c: strict checks of a compact JWS (RFC 7515) and of a public
 * JWK (RFC 7517) before cjose parses them.  Unknown input is an error here, so
 * nothing depends on how cjose handles it. */
#include "idp/jose/gate.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/text.h"

enum {
	HEADER_MOST = 2048,
	NAME_MOST = 128,
	RSA_LEAST = 256,      /* bytes: 2,048 bits */
	RSA_MOST = 512,       /* 4,096 bits: bounds the cost of verifying */
	RSA_LEAST_TOP = 0x80, /* top bit set: no shorter modulus, padded */
};

static const struct gate_alg algs[] = {
	{ "RS256", "RSA", NULL, 0 },    { "RS384", "RSA", NULL, 0 },
	{ "RS512", "RSA", NULL, 0 },    { "PS256", "RSA", NULL, 0 },
	{ "PS384", "RSA", NULL, 0 },    { "PS512", "RSA", NULL, 0 },
	{ "ES256", "EC", "P-256", 64 }, { "ES384", "EC", "P-384", 96 },
};

const struct gate_alg *gate_alg(const char *name)
{
	for (size_t i = 0; i < LENGTH(algs); i++)
		if (text_equal(algs[i].name, name))
			return &algs[i];
	return NULL;
}

static bool refuse(struct fault *why, const char *what)
{
	return fault(why, FAULT_INVALID, "JOSE: %s", what);
}

/* Reads an optional string member into ret_value (NULL: absent).  Returns
 * false unless its value is short and printable ASCII without spaces. */
static bool short_name(const json_t *object, const char *name,
                       const char **ret_value)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	*ret_value = text;
	if (!value)
		return true;
	if (!text || !*text || strlen(text) > NAME_MOST)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* ---- tokens */

static bool is_listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (text_equal(*list, name))
			return true;
	return false;
}

/* RFC 8725 3.1: the verifier chooses the allowed algorithms.  RFC 7515 4.1.11:
 * a token whose crit lists unsupported parameters must be rejected; none is
 * supported.  A key is never taken from the token itself. */
static bool read_header(const json_t *header, const char *const *allowed,
                        struct gate_token *t, struct fault *why)
{
	static const char *const refused[] = { "crit", "b64", "jwk", "jku",
		                               "x5u",  "x5c", "zip", "enc" };
	const char *alg = js_string(header, "alg");

	for (size_t i = 0; i < LENGTH(refused); i++)
		if (json_object_get(header, refused[i]))
			return fault(why, FAULT_INVALID,
			             "JOSE: a header with %s", refused[i]);
	t->alg = alg && is_listed(allowed, alg) ? gate_alg(alg) : NULL;
	if (!t->alg)
		return refuse(why, "an algorithm that is not allowed");
	if (!short_name(header, "kid", &t->kid) ||
	    !short_name(header, "typ", &t->typ))
		return refuse(why, "a strange kid or typ");
	return true;
}

static bool signature_fits(const struct gate_token *t)
{
	if (t->alg->signature_length > 0)
		return t->signature_length == t->alg->signature_length;
	return t->signature_length >= RSA_LEAST &&
	       t->signature_length <= RSA_MOST;
}

/* Splits a token into three non-empty parts at its dots; ret_ends[i] points
 * behind part i. */
static bool cut(const char *token, const char *ret_ends[3])
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

bool gate_token(struct arena *a, const char *token, const char *const *allowed,
                struct gate_token *ret_token, struct fault *why)
{
	struct gate_token t = { .text = token };
	const char *ends[3];
	unsigned char *bytes;
	size_t length;
	json_t *header;

	if (strnlen(token, GATE_TOKEN_MOST + 1) > GATE_TOKEN_MOST)
		return refuse(why, "a token over 16 KiB");
	if (!cut(token, ends))
		return refuse(why, "not a token of three parts");
	if (ends[0] - token > HEADER_MOST ||
	    !base64url_read(a, token, (size_t)(ends[0] - token), &bytes,
	                    &length) ||
	    !js_read(a, (const char *)bytes, length, &header, NULL))
		return refuse(why, "not a header");
	if (!read_header(header, allowed, &t, why))
		return false;
	t.payload =
	    arena_bytes(a, ends[0] + 1, (size_t)(ends[1] - ends[0] - 1));
	if (!base64url_read(a, t.payload, strlen(t.payload), &bytes, &length))
		return refuse(why, "not a payload");
	if (!base64url_read(a, ends[1] + 1, (size_t)(ends[2] - ends[1] - 1),
	                    &bytes, &t.signature_length) ||
	    !signature_fits(&t))
		return refuse(why, "not a signature of that length");
	*ret_token = t;
	return true;
}

/* ---- keys */

/* Parameters that a public key must not have: private parts of RSA and EC, and
 * the value of a symmetric key (RFC 7518 6.2.2, 6.3.2, 6.4.1). */
static bool has_private(const json_t *jwk)
{
	static const char *const names[] = { "d",  "p",  "q",   "dp",
		                             "dq", "qi", "oth", "k" };

	for (size_t i = 0; i < LENGTH(names); i++)
		if (json_object_get(jwk, names[i]))
			return true;
	return false;
}

static bool read_bytes(struct arena *a, const json_t *jwk, const char *name,
                       unsigned char **ret_bytes, size_t *ret_length)
{
	const char *text = js_string(jwk, name);

	return text && *text &&
	       base64url_read(a, text, strlen(text), ret_bytes, ret_length);
}

static unsigned remainder_of(const unsigned char *n, size_t length,
                             unsigned divisor)
{
	unsigned rest = 0;

	for (size_t i = 0; i < length; i++)
		rest = (rest * 256 + n[i]) % divisor;
	return rest;
}

static bool is_power_of_65537(unsigned rest, unsigned prime)
{
	unsigned power = 1;

	do {
		if (power == rest)
			return true;
		power = power * (65537 % prime) % prime;
	} while (power != 1);
	return false;
}

/* CVE-2017-15361 (ROCA): returns whether the modulus is a power of 65537 modulo
 * all of these primes, as the broken chips made it.  A sound modulus has this
 * property with a chance of one in a hundred million. */
static bool is_roca(const unsigned char *n, size_t length)
{
	static const unsigned primes[] = { 11,  13,  17,  19,  37, 53,
		                           61,  71,  73,  79,  97, 103,
		                           107, 109, 127, 151, 157 };

	for (size_t i = 0; i < LENGTH(primes); i++)
		if (!is_power_of_65537(remainder_of(n, length, primes[i]),
		                       primes[i]))
			return false;
	return true;
}

static bool check_rsa(struct arena *a, const json_t *jwk, struct gate_key *k,
                      struct fault *why)
{
	unsigned char *n;

	if (!read_bytes(a, jwk, "n", &n, &k->size) || k->size < RSA_LEAST ||
	    k->size > RSA_MOST || n[0] < RSA_LEAST_TOP ||
	    n[k->size - 1] % 2 == 0)
		return refuse(why, "RSA of 2,048 to 4,096 bits only");
	if (!text_equal(js_string(jwk, "e"), "AQAB"))
		return refuse(why, "an exponent other than 65537");
	if (is_roca(n, k->size))
		return refuse(why, "a modulus of a broken chip (ROCA)");
	return true;
}

static bool check_ec(struct arena *a, const json_t *jwk, struct gate_key *k,
                     struct fault *why)
{
	const char *crv = js_string(jwk, "crv");
	size_t width = text_equal(crv, "P-256") ? 32 : 48, x_length, y_length;
	unsigned char *bytes;

	if (!text_equal(crv, "P-256") && !text_equal(crv, "P-384"))
		return refuse(why, "a curve other than P-256 and P-384");
	if (!read_bytes(a, jwk, "x", &bytes, &x_length) ||
	    !read_bytes(a, jwk, "y", &bytes, &y_length) || x_length != width ||
	    y_length != width)
		return refuse(why, "a point of another length");
	k->crv = crv;
	return true;
}

/* RFC 7517 4.2 and 4.3: use and key_ops, if present, must allow verifying. */
static bool is_for_signatures(const json_t *jwk)
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

static bool alg_fits_key(const struct gate_key *k)
{
	const struct gate_alg *alg = gate_alg(k->alg);

	return alg && text_equal(alg->kty, k->kty) &&
	       text_equal(alg->crv, k->crv);
}

bool gate_key(struct arena *a, const json_t *jwk, struct gate_key *ret_key,
              struct fault *why)
{
	struct gate_key k = { .jwk = jwk, .kty = js_string(jwk, "kty") };
	bool good;

	if (has_private(jwk))
		return refuse(why, "a private or shared key");
	if (!short_name(jwk, "kid", &k.kid) || !short_name(jwk, "alg", &k.alg))
		return refuse(why, "a strange kid or alg");
	if (!is_for_signatures(jwk))
		return refuse(why, "a key that is not for signatures");
	if (text_equal(k.kty, "RSA"))
		good = check_rsa(a, jwk, &k, why);
	else if (text_equal(k.kty, "EC"))
		good = check_ec(a, jwk, &k, why);
	else
		good = refuse(why, "a key that is neither RSA nor EC");
	if (!good)
		return false;
	if (k.alg && !alg_fits_key(&k))
		return refuse(why, "a key with another kind's algorithm");
	*ret_key = k;
	return true;
}

bool gate_fits(const struct gate_key *key, const struct gate_token *token)
{
	if (!text_equal(key->kty, token->alg->kty) ||
	    !text_equal(key->crv, token->alg->crv))
		return false;
	if (key->alg && !text_equal(key->alg, token->alg->name))
		return false;
	return key->size == 0 || key->size == token->signature_length;
}
