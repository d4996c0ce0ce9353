/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/oauth/pkce.h"
#include "lib/hash.h"

/* RFC 7636 appendix B. */
static const char verifier[] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
static const char challenge[] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

static void the_rfc_example_is_verified(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_true(pkce_challenge_is_valid(a, challenge, "S256"));
	assert_true(pkce_verify(a, challenge, verifier));
	arena_close(a);
}

static void only_s256_is_accepted(void **state)
{
	static const char *const methods[] = { NULL,   "",      "plain",
		                               "s256", "S256 ", "S512" };
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		assert_false(pkce_challenge_is_valid(a, challenge, methods[i]));
	arena_close(a);
}

static void a_challenge_is_a_canonical_sha256(void **state)
{
	static const char *const wrong[] = {
		NULL,
		"",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMM",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw cM",
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(pkce_challenge_is_valid(a, wrong[i], "S256"));
	arena_close(a);
}

static void a_wrong_verifier_is_rejected(void **state)
{
	char long_one[130];
	const char *const wrong[] = {
		NULL,
		"",
		challenge, /* downgrade to plain */
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX",
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl",
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX ",
		long_one,
	};
	struct arena *a = arena_open();

	(void)state;
	memset(long_one, 'a', 129);
	long_one[129] = '\0';
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(pkce_verify(a, challenge, wrong[i]));
	assert_false(pkce_verify(a, NULL, verifier));
	arena_close(a);
}

/* RFC 7636 4.1: 43 to 128 characters, even if the hash matches. */
static void a_verifier_of_invalid_length_or_characters_is_rejected(void **state)
{
	char text[130] = { 0 };
	struct arena *a = arena_open();

	(void)state;
	for (size_t length = 1; length < sizeof(text); length++) {
		memset(text, 'a', length);
		assert_int_equal(
		    pkce_verify(a, hash_sha256_base64url(a, text), text),
		    length >= 43 && length <= 128);
	}
	memset(text, 'a', 50);
	text[50] = '\0';
	text[10] = '+';
	assert_false(pkce_verify(a, hash_sha256_base64url(a, text), text));
	arena_close(a);
}

TESTS(a_verifier_of_invalid_length_or_characters_is_rejected,
      the_rfc_example_is_verified, only_s256_is_accepted,
      a_challenge_is_a_canonical_sha256, a_wrong_verifier_is_rejected)
