/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/strbuf.h"

static void sha256_fips_180_4_example(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	/* FIPS 180-4, example. */
	assert_string_equal(
	    hash_sha256_hex(a, "abc", 3),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(hash_sha256_base64url(a, "abc"),
	                    "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
	arena_close(a);
}

static void hmac_rfc_4231_case_2(void **state)
{
	struct arena *a = arena_open();
	unsigned char mac[HASH_SHA256_SIZE];

	(void)state;
	hash_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
	assert_string_equal(
	    hex_encode(a, mac, sizeof(mac)),
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	arena_close(a);
}

static void strings_are_compared(void **state)
{
	(void)state;
	assert_true(hash_equal_strings("abc", "abc"));
	assert_false(hash_equal_strings("abc", "abd"));
	assert_false(hash_equal_strings("abc", "ab"));
	assert_false(hash_equal_strings(NULL, NULL));
	assert_true(hash_equal("ab", "ab", 2));
	assert_false(hash_equal("ab", "cb", 2));
}

static void random_ids_have_their_format_and_differ(void **state)
{
	struct arena *a = arena_open();
	const char *id = random_uuid(a), *secret = random_secret(a);

	(void)state;
	assert_int_equal(strlen(id), 36);
	assert_int_equal(id[14], '4');
	assert_non_null(strchr("89ab", id[19]));
	assert_int_equal(strspn(id, "0123456789abcdef-"), 36);
	assert_int_equal(strlen(secret), 43);
	assert_string_not_equal(id, random_uuid(a));
	assert_string_not_equal(secret, random_secret(a));
	arena_close(a);
}

TESTS(sha256_fips_180_4_example, hmac_rfc_4231_case_2, strings_are_compared,
      random_ids_have_their_format_and_differ)
