/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/aead.h"
#include "lib/base64.h"
#include "lib/strbuf.h"

static struct arena *a;
static struct aead_key old, new;

static void setup(void)
{
	unsigned char bytes[AEAD_KEY_SIZE] = { 1, 2, 3 };

	a = arena_open();
	old = aead_key_from_bytes(bytes);
	bytes[31] = 9;
	new = aead_key_from_bytes(bytes);
}

static bool decrypts(const struct aead_key *keys, size_t count,
                     const char *purpose, const char *sealed)
{
	struct error err = { 0 };
	unsigned char *bytes;
	size_t length;
	bool good = aead_decrypt(a, keys, count, purpose, sealed, &bytes,
	                         &length, &err);

	if (!good)
		assert_int_equal(err.kind, ERROR_INVALID);
	return good && length == 5 && memcmp(bytes, "hello", 6) == 0;
}

static void encryption_round_trips_with_a_new_nonce_each_time(void **state)
{
	const char *x, *y;

	(void)state;
	setup();
	x = aead_encrypt(a, &new, "ticket", "hello", 5);
	y = aead_encrypt(a, &new, "ticket", "hello", 5);
	assert_string_not_equal(x, y);
	assert_true(decrypts(&new, 1, "ticket", x));
	assert_true(decrypts(&new, 1, "ticket", y));
	arena_close(a);
}

static void empty_and_large_values_can_be_encrypted(void **state)
{
	size_t lengths[] = { 0, 1, AEAD_MAX_PLAINTEXT };
	unsigned char *much, *bytes;

	(void)state;
	setup();
	much = arena_alloc(a, AEAD_MAX_PLAINTEXT);
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		size_t length;
		const char *x =
		    aead_encrypt(a, &new, "ticket", much, lengths[i]);

		assert_true(aead_decrypt(a, &new, 1, "ticket", x, &bytes,
		                         &length, NULL));
		assert_int_equal(length, lengths[i]);
	}
	arena_close(a);
}

static void an_old_value_decrypts_while_its_key_is_kept(void **state)
{
	const char *x;

	(void)state;
	setup();
	struct aead_key both[] = { new, old };

	x = aead_encrypt(a, &old, "ticket", "hello", 5);
	assert_true(decrypts(both, 2, "ticket", x));
	assert_false(decrypts(&new, 1, "ticket", x));
	assert_false(decrypts(both, 0, "ticket", x));
	arena_close(a);
}

static void another_purpose_does_not_decrypt(void **state)
{
	const char *x;

	(void)state;
	setup();
	x = aead_encrypt(a, &new, "ticket", "hello", 5);
	assert_false(decrypts(&new, 1, "session", x));
	assert_false(decrypts(&new, 1, "ticket2", x));
	assert_false(decrypts(&new, 1, "", x));
	arena_close(a);
}

static void a_changed_or_truncated_value_is_rejected(void **state)
{
	unsigned char *bytes;
	size_t length;
	const char *x;

	(void)state;
	setup();
	x = aead_encrypt(a, &new, "ticket", "hello", 5);
	assert_true(base64url_decode(a, x, strlen(x), &bytes, &length));
	for (size_t bit = 0; bit < length * 8; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		assert_false(decrypts(&new, 1, "ticket",
		                      base64url_encode(a, bytes, length)));
		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
	for (size_t cut = 0; cut < length; cut++)
		assert_false(decrypts(&new, 1, "ticket",
		                      base64url_encode(a, bytes, cut)));
	assert_false(decrypts(&new, 1, "ticket", NULL));
	assert_false(decrypts(&new, 1, "ticket", arena_printf(a, "%s ", x)));
	assert_true(decrypts(&new, 1, "ticket", x));
	arena_close(a);
}

TESTS(encryption_round_trips_with_a_new_nonce_each_time,
      empty_and_large_values_can_be_encrypted,
      an_old_value_decrypts_while_its_key_is_kept,
      another_purpose_does_not_decrypt,
      a_changed_or_truncated_value_is_rejected)
