/* SPDX-License-Identifier: AGPL-3.0-or-later
 * JWS and JWK checks: rows O79 to O95 of tests/hostile/ROWS.md as tables, and
 * Wycheproof's vectors if present (PORTVAKT_WYCHEPROOF, or
 * ../shared/data/wycheproof). */
#include "tests/unit/region/config/fixture.h"

#include <openssl/bn.h>

#include "idp/jose/jws_precheck.h"
#include "idp/jose/jws_verify.h"
#include "idp/signer/key_crypto.h"
#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/jwk_thumbprint.h"

static struct arena *a;
static struct key rsa, ec, other;

static void make(const char *alg, struct key *ret_key)
{
	char *pem;

	assert_true(key_create(a, alg, NULL, &pem, NULL));
	assert_true(key_parse(a, pem, ret_key, NULL));
}

static int open_all(void **state)
{
	(void)state;
	a = arena_open();
	make("RS256", &rsa);
	make("ES256", &ec);
	make("RS256", &other);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa.pkey);
	EVP_PKEY_free(ec.pkey);
	EVP_PKEY_free(other.pkey);
	arena_close(a);
	return 0;
}

static const struct jwks *set_of(const char *text)
{
	const struct jwks *set;
	struct error err = { 0 };

	if (!jwks_parse(a, text, strlen(text), &set, &err))
		fail_msg("%s", err.text);
	return set;
}

static const struct jwks *set_of_two(void)
{
	return set_of(arena_printf(a, "{\"keys\":[%s,%s]}", rsa.jwk, ec.jwk));
}

static char *encoded(const char *text)
{
	return base64url_encode(a, text, strlen(text));
}

/* Returns a token signed by k with any header. */
static char *token(const struct key *k, const char *header, const char *payload)
{
	char *both =
	    arena_printf(a, "%s.%s", encoded(header), encoded(payload));
	unsigned char *signature;
	size_t length;

	assert_true(
	    key_sign(a, k, both, strlen(both), &signature, &length, NULL));
	return arena_printf(a, "%s.%s", both,
	                    base64url_encode(a, signature, length));
}

static char *with_kid(const struct key *k, const char *header)
{
	return replaced(a, header, "KID", k->kid);
}

static const char *const algs[] = { "RS256", "ES256", NULL };
static const char *const types[] = { "jwt", "", NULL };

static bool verifies(const char *text, const struct jwks *set)
{
	json_t *claims;

	return jwt_verify(a, text, set, algs, types, &claims, NULL);
}

/* ---- tokens */

static void a_header_is_accepted_or_rejected(void **state)
{
	static const struct {
		const char *name, *header;
		bool good;
	} rows[] = {
		{ "ordinary", "{\"alg\":\"RS256\",\"kid\":\"KID\"}", true },
		{ "with typ",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"typ\":\"JWT\"}", true },
		{ "typ with application/",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"typ\":"
		  "\"application/jwt\"}",
		  true },
		{ "O79 none", "{\"alg\":\"none\",\"kid\":\"KID\"}", false },
		{ "O79 NONE", "{\"alg\":\"NONE\",\"kid\":\"KID\"}", false },
		{ "O79 nOnE", "{\"alg\":\"nOnE\",\"kid\":\"KID\"}", false },
		{ "O79 empty", "{\"alg\":\"\",\"kid\":\"KID\"}", false },
		{ "O79 missing", "{\"kid\":\"KID\"}", false },
		{ "O79 a number", "{\"alg\":256,\"kid\":\"KID\"}", false },
		{ "O79 an array", "{\"alg\":[\"RS256\"],\"kid\":\"KID\"}",
		  false },
		{ "O79 lower case", "{\"alg\":\"rs256\",\"kid\":\"KID\"}",
		  false },
		{ "O80 HS256", "{\"alg\":\"HS256\",\"kid\":\"KID\"}", false },
		{ "O81 a path",
		  "{\"alg\":\"RS256\",\"kid\":\"../../dev/null\"}", false },
		{ "O81 SQL", "{\"alg\":\"RS256\",\"kid\":\"' OR 1=1\"}",
		  false },
		{ "O81 an escape", "{\"alg\":\"RS256\",\"kid\":\"%00\"}",
		  false },
		{ "O81 a number", "{\"alg\":\"RS256\",\"kid\":1}", false },
		{ "O81 none, with two keys", "{\"alg\":\"RS256\"}", false },
		{ "O82 jwk", "{\"alg\":\"RS256\",\"kid\":\"KID\",\"jwk\":{}}",
		  false },
		{ "O82 jku",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"jku\":"
		  "\"https://evil.example/jwks\"}",
		  false },
		{ "O82 x5u",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"x5u\":\"x\"}", false },
		{ "O82 x5c", "{\"alg\":\"RS256\",\"kid\":\"KID\",\"x5c\":[]}",
		  false },
		{ "O83 crit with exp",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"crit\":[\"exp\"]}",
		  false },
		{ "O83 unknown crit",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"crit\":[\"evil\"]}",
		  false },
		{ "O83 empty crit",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"crit\":[]}", false },
		{ "O83 b64",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"b64\":false}", false },
		{ "O84 alg twice",
		  "{\"alg\":\"RS256\",\"alg\":\"RS256\",\"kid\":\"KID\"}",
		  false },
		{ "O84 a comment", "{\"alg\":\"RS256\",\"kid\":\"KID\"/**/}",
		  false },
		{ "O84 a BOM",
		  "\xef\xbb\xbf{\"alg\":\"RS256\",\"kid\":\"KID\"}", false },
		{ "O84 trailing data", "{\"alg\":\"RS256\",\"kid\":\"KID\"}x",
		  false },
		{ "O84 not UTF-8",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"x\":\"\xff\"}", false },
		{ "O84 a NUL",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"x\":\"\\u0000\"}",
		  false },
		{ "O84 not an object", "[\"RS256\"]", false },
		{ "O87 PS256", "{\"alg\":\"PS256\",\"kid\":\"KID\"}", false },
		{ "O90 a logout token",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"typ\":\"logout+jwt\"}",
		  false },
		{ "O90 an access token",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
		  false },
		{ "O90 a DPoP proof",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"typ\":\"dpop+jwt\"}",
		  false },
		{ "O91 encrypted",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"enc\":\"A128GCM\"}",
		  false },
		{ "O91 compressed",
		  "{\"alg\":\"RS256\",\"kid\":\"KID\",\"zip\":\"DEF\"}",
		  false },
		{ "another key's alg", "{\"alg\":\"ES256\",\"kid\":\"KID\"}",
		  false },
	};
	const struct jwks *set = set_of_two();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (verifies(token(&rsa, with_kid(&rsa, rows[i].header), "{}"),
		             set) != rows[i].good)
			fail_msg("%s", rows[i].name);
}

static void a_signature_by_another_key_is_rejected(void **state)
{
	const struct jwks *set = set_of_two();
	char *header = with_kid(&rsa, "{\"alg\":\"RS256\",\"kid\":\"KID\"}");
	char *of_other =
	    with_kid(&other, "{\"alg\":\"RS256\",\"kid\":\"KID\"}");
	char *of_ec = with_kid(&ec, "{\"alg\":\"ES256\",\"kid\":\"KID\"}");

	(void)state;
	assert_true(verifies(token(&ec, of_ec, "{}"), set));
	assert_false(verifies(token(&other, header, "{}"), set));
	assert_false(verifies(token(&other, of_other, "{}"), set));
	assert_false(verifies(token(&ec, header, "{}"), set));
	assert_false(verifies(token(&rsa, of_ec, "{}"), set));
}

/* O80: an HMAC keyed with the public key. */
static void a_public_key_is_not_a_shared_secret(void **state)
{
	const struct jwks *set = set_of_two();
	const char *const secrets[] = {
		rsa.jwk,
		arena_printf(a, "{\"keys\":[%s,%s]}", rsa.jwk, ec.jwk),
		arena_printf(a, "%s\n", rsa.jwk),
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(secrets); i++) {
		unsigned char mac[HASH_SHA256_SIZE];
		char *both = arena_printf(
		    a, "%s.%s",
		    encoded(
			with_kid(&rsa, "{\"alg\":\"HS256\",\"kid\":\"KID\"}")),
		    encoded("{}"));

		hash_hmac_sha256(secrets[i], strlen(secrets[i]), both,
		                 strlen(both), mac);
		assert_false(verifies(
		    arena_printf(a, "%s.%s", both,
		                 base64url_encode(a, mac, sizeof(mac))),
		    set));
	}
}

static void malformed_tokens_are_rejected_without_a_crash(void **state)
{
	const struct jwks *set = set_of_two();
	char *good = token(
	    &rsa, with_kid(&rsa, "{\"alg\":\"RS256\",\"kid\":\"KID\"}"), "{}");
	char *large = arena_alloc(a, (1 << 20) + 1);
	char *dots = arena_alloc(a, 2001);
	const char *const rows[] = {
		"",
		".",
		"..",
		"...",
		"a",
		"a.b",
		"a.b.c",
		"a.b.c.d",
		"a=aa..", /* M01: cjose aborts on this one */
		"a=aa.a=aa.a=aa",
		"YQ=.YQ.YQ",
		" . . ",
		"\xff.\xff.\xff",
		arena_printf(a, "%s=", good),
		arena_printf(a, "%s\n", good),
		arena_printf(a, " %s", good),
		arena_printf(a, "%s.", good),
		arena_printf(a, ".%s", good),
		arena_printf(a, "%.*s", (int)(strrchr(good, '.') - good), good),
		arena_printf(a, "%.*s.", (int)(strrchr(good, '.') - good),
		             good),
		/* O92: JSON serialization. */
		"{\"payload\":\"e30\",\"signatures\":[]}",
		memset(large, 'a', 1 << 20),
		memset(dots, '.', 2000),
	};

	(void)state;
	assert_true(verifies(good, set));
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (verifies(rows[i], set))
			fail_msg("row %zu", i);
}

/* O85: 256 bytes are 342 base64url characters, 64 bytes are 86; the last
 * character has four unused bits. */
static void a_signature_has_one_encoding(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";
	const struct jwks *set = set_of_two();
	const struct key *const keys[] = { &rsa, &ec };

	(void)state;
	for (size_t k = 0; k < LENGTH(keys); k++) {
		char *header =
		    arena_printf(a, "{\"alg\":\"%s\",\"kid\":\"%s\"}",
		                 keys[k]->alg, keys[k]->kid);
		char *text = token(keys[k], header, "{}");
		char *last = text + strlen(text) - 1;
		int accepted = 0;

		for (const char *c = letters; *c; c++) {
			*last = *c;
			accepted += verifies(text, set);
		}
		assert_int_equal(accepted, 1);
	}
}

/* O86: signatures of another length, in addition to Wycheproof's vectors. */
static void a_signature_has_exactly_its_length(void **state)
{
	static const unsigned char zeros[128];
	static const size_t lengths[] = { 0, 1, 63, 64, 65, 70, 96, 128 };
	const struct jwks *set = set_of_two();
	char *both = arena_printf(
	    a, "%s.%s",
	    encoded(with_kid(&ec, "{\"alg\":\"ES256\",\"kid\":\"KID\"}")),
	    encoded("{}"));
	unsigned char *good;
	size_t length;

	(void)state;
	for (size_t i = 0; i < LENGTH(lengths); i++)
		assert_false(verifies(
		    arena_printf(a, "%s.%s", both,
		                 base64url_encode(a, zeros, lengths[i])),
		    set));
	assert_true(key_sign(a, &ec, both, strlen(both), &good, &length, NULL));
	unsigned char *longer = arena_alloc(a, 66);

	memcpy(longer + 1, good, 32);
	memcpy(longer + 34, good + 32, 32);
	assert_false(verifies(
	    arena_printf(a, "%s.%s", both, base64url_encode(a, longer, 66)),
	    set));
}

/* ---- keys */

static bool set_is_accepted(const char *text)
{
	const struct jwks *set;

	return jwks_parse(a, text, strlen(text), &set, NULL);
}

static char *edited(const char *jwk, const char *was, const char *by)
{
	return arena_printf(a, "{\"keys\":[%s]}", replaced(a, jwk, was, by));
}

static char *short_modulus(size_t bytes)
{
	unsigned char *n = arena_alloc(a, bytes);

	memset(n, 0xff, bytes);
	return arena_printf(
	    a, "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"}]}",
	    base64url_encode(a, n, bytes));
}

/* A multiple of all checked primes, plus 65537: the structure of a ROCA
 * modulus. */
static char *roca_modulus(void)
{
	static const unsigned primes[] = { 11,  13,  17,  19,  37, 53,
		                           61,  71,  73,  79,  97, 103,
		                           107, 109, 127, 151, 157 };
	BIGNUM *n = BN_new();
	unsigned char bytes[256];

	assert_true(BN_one(n));
	for (size_t i = 0; i < LENGTH(primes); i++)
		assert_true(BN_mul_word(n, primes[i]));
	assert_true(BN_lshift(n, n, 2048 - BN_num_bits(n)));
	assert_true(BN_add_word(n, 65537));
	assert_int_equal(BN_bn2binpad(n, bytes, sizeof(bytes)), 256);
	BN_free(n);
	return arena_printf(
	    a, "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"}]}",
	    base64url_encode(a, bytes, sizeof(bytes)));
}

static void a_key_set_is_accepted_or_rejected_whole(void **state)
{
	const struct {
		const char *name;
		const char *set;
		bool good;
	} rows[] = {
		{ "RSA", edited(rsa.jwk, "KID", ""), true },
		{ "EC", edited(ec.jwk, "KID", ""), true },
		{ "no use", edited(rsa.jwk, ",\"use\":\"sig\"", ""), true },
		{ "for verifying",
		  edited(rsa.jwk, "\"use\":\"sig\"",
		         "\"key_ops\":[\"verify\"]"),
		  true },
		{ "for encryption", edited(rsa.jwk, "\"sig\"", "\"enc\""),
		  false },
		{ "for wrapping",
		  edited(rsa.jwk, "\"use\":\"sig\"",
		         "\"key_ops\":[\"wrapKey\"]"),
		  false },
		{ "O95 a private key",
		  edited(rsa.jwk, "\"use\":", "\"d\":\"AQAB\",\"use\":"),
		  false },
		{ "O95 a shared key",
		  "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}", false },
		{ "O95 e = 1", edited(rsa.jwk, "AQAB", "AQ"), false },
		{ "e = 3", edited(rsa.jwk, "AQAB", "Aw"), false },
		{ "e with leading zeros", edited(rsa.jwk, "AQAB", "AAEAAQ"),
		  false },
		{ "O95 RSA-512", short_modulus(64), false },
		{ "RSA-1024", short_modulus(128), false },
		{ "RSA-8192", short_modulus(1024), false },
		{ "ROCA", roca_modulus(), false },
		{ "M01 in a key", edited(rsa.jwk, "\"n\":\"", "\"n\":\"a=aa"),
		  false },
		{ "another curve", edited(ec.jwk, "P-256", "secp256k1"),
		  false },
		{ "P-256's point on P-384",
		  edited(ec.jwk, "P-256\"", "P-384\""), false },
		{ "a point off its curve", edited(ec.jwk, "\"x\"", "\"z\""),
		  false },
		{ "RSA with EC's algorithm", edited(rsa.jwk, "RS256", "ES256"),
		  false },
		{ "an unknown algorithm", edited(rsa.jwk, "RS256", "RS1"),
		  false },
		{ "OKP",
		  "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
		  "\"x\":\"AAAA\"}]}",
		  false },
		{ "O95 two with one kid",
		  arena_printf(a, "{\"keys\":[%s,%s]}", rsa.jwk,
		               replaced(a, ec.jwk, ec.kid, rsa.kid)),
		  false },
		{ "the same twice without kid",
		  arena_printf(a, "{\"keys\":[%s,%s]}",
		               replaced(a, rsa.jwk, "\"kid\"", "\"x\""),
		               replaced(a, rsa.jwk, "\"kid\"", "\"x\"")),
		  false },
		{ "no key", "{\"keys\":[]}", false },
		{ "no list", "{\"keys\":{}}", false },
		{ "no set", "[]", false },
		{ "a list of strings", "{\"keys\":[\"x\"]}", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (set_is_accepted(rows[i].set) != rows[i].good)
			fail_msg("%s", rows[i].name);
}

/* O95: 5,000 keys. */
static void the_number_of_keys_is_limited(void **state)
{
	struct strbuf many = strbuf_init(a);

	(void)state;
	strbuf_append(&many, "{\"keys\":[");
	for (int i = 0; i < JWKS_MAX_KEYS + 1; i++)
		strbuf_appendf(&many, "%s{}", i ? "," : "");
	strbuf_append(&many, "]}");
	assert_false(set_is_accepted(many.data));
}

static json_t *key_json(const char *text)
{
	json_t *jwk;

	assert_true(js_parse(a, text, strlen(text), &jwk, NULL));
	return jwk;
}

/* The example of RFC 7638 3.1; liboauth2 and lib/jwk_thumbprint.c, which the
 * signer uses, agree. */
static void a_key_without_kid_gets_its_thumbprint(void **state)
{
	static const char example[] =
	    "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
	    "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z"
	    "wu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY"
	    "4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaS"
	    "qzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhA"
	    "I4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU"
	    "8awapJzKnqDKgw\"}]}";
	char *thumbprint;

	(void)state;
	assert_true(jwks_thumbprint(a, set_of(example), 0, &thumbprint, NULL));
	assert_string_equal(thumbprint,
	                    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	for (size_t i = 0; i < 2; i++) {
		assert_true(
		    jwks_thumbprint(a, set_of_two(), i, &thumbprint, NULL));
		assert_string_equal(thumbprint, i ? ec.kid : rsa.kid);
		assert_string_equal(
		    thumbprint,
		    jwk_thumbprint(a, key_json(i ? ec.jwk : rsa.jwk)));
	}
	const struct jwks *nameless =
	    set_of(edited(rsa.jwk, "\"kid\"", "\"x\""));

	assert_true(verifies(
	    token(&rsa, with_kid(&rsa, "{\"alg\":\"RS256\",\"kid\":\"KID\"}"),
	          "{}"),
	    nameless));
	assert_true(
	    verifies(token(&rsa, "{\"alg\":\"RS256\"}", "{}"), nameless));
	assert_false(verifies(
	    token(&rsa, "{\"alg\":\"RS256\",\"kid\":\"x\"}", "{}"), nameless));
}

/* ---- claims */

#define NOW 1795300000
#define US  "https://innlogging.example"

static void a_client_assertion_is_accepted_or_rejected(void **state)
{
	static const struct {
		const char *name, *claims;
		bool good;
	} rows[] = {
		{ "ordinary",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"iat\":1795300000,\"exp\":1795300060}",
		  true },
		{ "a list",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":[\"x\",\"" US
		  "\"],\"jti\":\"1\",\"exp\":1795300060}",
		  true },
		{ "another client",
		  "{\"iss\":\"d\",\"sub\":\"d\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":1795300060}",
		  false },
		{ "about another",
		  "{\"iss\":\"c\",\"sub\":\"d\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":1795300060}",
		  false },
		{ "for another",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"https://x.example\","
		  "\"jti\":\"1\",\"exp\":1795300060}",
		  false },
		{ "O89 a trailing slash",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "/\",\"jti\":\"1\",\"exp\":1795300060}",
		  false },
		{ "O89 capitals",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"HTTPS://innlogging."
		  "example\",\"jti\":\"1\",\"exp\":1795300060}",
		  false },
		{ "O89 a list in a list",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":[[\"" US
		  "\"]],\"jti\":\"1\",\"exp\":1795300060}",
		  false },
		{ "O89 a long list",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":[\"" US
		  "\",1,2,3,4,5,6,7,8],\"jti\":\"1\",\"exp\":1795300060}",
		  false },
		{ "no jti",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"exp\":1795300060}",
		  false },
		{ "O88 no exp",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\"}",
		  false },
		{ "O88 exp as a string",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":\"1795300060\"}",
		  false },
		{ "O88 exp as a fraction",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":1795300060.5}",
		  false },
		{ "O88 1e300",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":1e300}",
		  false },
		{ "O88 1e999",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":1e999}",
		  false },
		{ "O88 negative",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":-1}",
		  false },
		{ "O88 the maximum",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":9223372036854775807}",
		  false },
		{ "O88 above the maximum",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":1795300000}",
		  false },
		{ "O88 nbf ahead",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"nbf\":1795300200,\"exp\":1795300260}",
		  false },
		{ "O88 iat ahead",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"iat\":1795300200,\"exp\":1795300260}",
		  false },
		{ "for an hour",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"iat\":1795300000,\"exp\":1795303600}",
		  false },
		{ "made an hour ago",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"iat\":1795296400,\"exp\":1795300060}",
		  false },
		{ "O84 sub twice",
		  "{\"iss\":\"c\",\"sub\":\"c\",\"sub\":\"c\",\"aud\":\"" US
		  "\",\"jti\":\"1\",\"exp\":1795300060}",
		  false },
		{ "no claims", "hello", false },
	};
	const char *const audiences[] = { US, NULL };
	const struct jwks *set = set_of_two();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *jti;
		int64_t exp;
		struct error err = { 0 };
		char *text = token(
		    &ec, with_kid(&ec, "{\"alg\":\"ES256\",\"kid\":\"KID\"}"),
		    rows[i].claims);
		bool good = jwt_verify_client_assertion(
		    a, text, set, "c", audiences, NOW, &jti, &exp, &err);

		if (good != rows[i].good)
			fail_msg("%s: %s", rows[i].name, err.text);
	}
}

/* O94: the previous key is accepted while published, not after that. */
static void an_id_token_hint_needs_a_published_key(void **state)
{
	static const char claims[] =
	    "{\"iss\":\"" US "\",\"sub\":\"s\",\"aud\":\"c\",\"exp\":1000}";
	char *header = with_kid(
	    &rsa, "{\"alg\":\"RS256\",\"kid\":\"KID\",\"typ\":\"JWT\"}");
	char *text = token(&rsa, header, claims);
	const struct jwks *overlap =
	    set_of(arena_printf(a, "{\"keys\":[%s,%s]}", other.jwk, rsa.jwk));
	const struct jwks *after =
	    set_of(arena_printf(a, "{\"keys\":[%s]}", other.jwk));
	json_t *verified;

	(void)state;
	assert_true(
	    jwt_verify_id_token_hint(a, text, overlap, US, &verified, NULL));
	assert_string_equal(js_string(verified, "sub"), "s");
	assert_false(
	    jwt_verify_id_token_hint(a, text, after, US, &verified, NULL));
	assert_false(jwt_verify_id_token_hint(
	    a, text, overlap, "https://x.example", &verified, NULL));
	assert_false(jwt_verify_id_token_hint(
	    a, token(&rsa, header, "{\"iss\":\"" US "\",\"sub\":\"s\"}"),
	    overlap, US, &verified, NULL));
	/* O90: a logout token and a token without exp are not ID tokens. */
	assert_false(jwt_verify_id_token_hint(
	    a, token(&rsa, replaced(a, header, "JWT", "logout+jwt"), claims),
	    overlap, US, &verified, NULL));
	assert_false(jwt_verify_id_token_hint(
	    a,
	    token(&rsa, header,
	          "{\"iss\":\"" US "\",\"sub\":\"s\",\"aud\":\"c\"}"),
	    overlap, US, &verified, NULL));
}

static void an_assertion_issuer_is_read_without_verification(void **state)
{
	(void)state;
	assert_string_equal(jwt_client_assertion_issuer(
				a, token(&ec, "{\"alg\":\"ES256\"}",
	                                 "{\"iss\":\"c\",\"sub\":\"c\"}")),
	                    "c");
	assert_null(jwt_client_assertion_issuer(
	    a, token(&ec, "{\"alg\":\"ES256\"}",
	             "{\"iss\":\"c\",\"sub\":\"d\"}")));
	assert_null(jwt_client_assertion_issuer(
	    a,
	    token(&ec, "{\"alg\":\"none\"}", "{\"iss\":\"c\",\"sub\":\"c\"}")));
	assert_null(jwt_client_assertion_issuer(a, "a=aa.."));
}

/* ---- Wycheproof */

static json_t *vectors(const char *name)
{
	const char *folder = getenv("PORTVAKT_WYCHEPROOF");
	const char *path = arena_printf(
	    a, "%s/%s", folder ? folder : "../shared/data/wycheproof", name);
	json_error_t error;
	json_t *whole = json_load_file(path, 0, &error);

	if (!whole) {
		print_message("skipped: %s is not there\n", path);
		skip();
	}
	return js_own(a, whole);
}

static const char *const every_alg[] = { "RS256", "RS384", "RS512",
	                                 "PS256", "PS384", "PS512",
	                                 "ES256", "ES384", NULL };

/* The public key of a test group as a set; a set unchanged. */
static const struct jwks *wycheproof_set(const json_t *group)
{
	const json_t *given = json_object_get(group, "public");
	const struct jwks *set = NULL;
	json_t *whole;

	if (!given)
		given = json_object_get(group, "private");
	whole = json_object_get(given, "keys")
	            ? json_deep_copy(given)
	            : json_pack("{s:[O]}", "keys", given);
	js_own(a, whole);
	if (!jwks_from_json(a, whole, &set, NULL))
		return NULL;
	return set;
}

struct tally {
	int accepted, refused, valid_refused, wrongly_accepted;
};

static void try_vector(const struct jwks *set, const json_t *test,
                       struct tally *t)
{
	const char *text = js_string(test, "jws");
	bool valid = text_equal(js_string(test, "result"), "valid");
	const char *typ;
	unsigned char *payload;
	size_t length;
	bool good =
	    set && text &&
	    jws_verify(a, text, set, every_alg, &typ, &payload, &length, NULL);

	t->accepted += good;
	t->refused += !good;
	t->valid_refused += !good && valid;
	if (!good || valid)
		return;
	t->wrongly_accepted++;
	print_error("wrongly accepted: tc%lld %s\n", js_number(test, "tcId", 0),
	            js_string(test, "comment"));
}

static struct tally try_vectors(const char *name)
{
	const json_t *groups = js_array(vectors(name), "testGroups");
	struct tally t = { 0 };
	const json_t *group, *test;
	size_t i, j;

	json_array_foreach(groups, i, group)
	{
		const struct jwks *set = wycheproof_set(group);

		json_array_foreach(js_array(group, "tests"), j, test)
		    try_vector(set, test, &t);
	}
	print_message("%s: %d accepted, %d refused (%d of these would be "
	              "valid), %d wrongly accepted\n",
	              name, t.accepted, t.refused, t.valid_refused,
	              t.wrongly_accepted);
	return t;
}

static void no_wycheproof_signature_is_wrongly_accepted(void **state)
{
	struct tally t = try_vectors("json_web_signature_test.json");

	(void)state;
	assert_int_equal(t.wrongly_accepted, 0);
	assert_true(t.accepted > 10);
}

static void no_wycheproof_key_is_wrongly_accepted(void **state)
{
	struct tally t = try_vectors("json_web_key_test.json");

	(void)state;
	assert_int_equal(t.wrongly_accepted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_accepted_or_rejected),
		cmocka_unit_test(a_signature_by_another_key_is_rejected),
		cmocka_unit_test(a_public_key_is_not_a_shared_secret),
		cmocka_unit_test(malformed_tokens_are_rejected_without_a_crash),
		cmocka_unit_test(a_signature_has_one_encoding),
		cmocka_unit_test(a_signature_has_exactly_its_length),
		cmocka_unit_test(a_key_set_is_accepted_or_rejected_whole),
		cmocka_unit_test(the_number_of_keys_is_limited),
		cmocka_unit_test(a_key_without_kid_gets_its_thumbprint),
		cmocka_unit_test(a_client_assertion_is_accepted_or_rejected),
		cmocka_unit_test(an_id_token_hint_needs_a_published_key),
		cmocka_unit_test(
		    an_assertion_issuer_is_read_without_verification),
		cmocka_unit_test(no_wycheproof_signature_is_wrongly_accepted),
		cmocka_unit_test(no_wycheproof_key_is_wrongly_accepted),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_all,
	                                   close_all);
}
