/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/base64.h"

/* RFC 4648 section 10. */
static const struct {
	const char *bytes, *padded, *for_urls;
} rows[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xFB\xFF\xFE", "+//+", "-__-" },
};

static void rfc_4648_test_vectors(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		size_t length = strlen(rows[i].bytes);
		unsigned char *back;

		assert_string_equal(base64_encode(a, rows[i].bytes, length),
		                    rows[i].padded);
		assert_string_equal(base64url_encode(a, rows[i].bytes, length),
		                    rows[i].for_urls);
		assert_true(base64_decode(
		    a, rows[i].padded, strlen(rows[i].padded), &back, &length));
		assert_int_equal(length, strlen(rows[i].bytes));
		assert_memory_equal(back, rows[i].bytes, length);
		assert_true(base64url_decode(a, rows[i].for_urls,
		                             strlen(rows[i].for_urls), &back,
		                             &length));
		assert_memory_equal(back, rows[i].bytes, length);
	}
	arena_close(a);
}

static const char *const bad_padded[] = {
	"Zg",       "Zg=",   "Zh==", "Zm9=",       "Z===",  "====", "Zm9v=",
	"Zg==Zg==", "Zm 9v", "Zm9_", "Zm9v\0Zm9v", "Zm8==", "=Zm9",
};
static const char *const bad_url[] = {
	"Zg==", "Zh", "Zm9", "Z", "Zm9v\n", "Zm+v", "Zm9v ", "Zm/v", "Zm9vYmF",
};

static void a_noncanonical_encoding_is_rejected(void **state)
{
	struct arena *a = arena_open();
	unsigned char *bytes;
	size_t length;

	(void)state;
	for (size_t i = 0; i < LENGTH(bad_padded); i++) {
		/* The row with a NUL has nine characters. */
		size_t size = i == 10 ? 9 : strlen(bad_padded[i]);

		if (base64_decode(a, bad_padded[i], size, &bytes, &length))
			fail_msg("%s", bad_padded[i]);
	}
	for (size_t i = 0; i < LENGTH(bad_url); i++)
		if (base64url_decode(a, bad_url[i], strlen(bad_url[i]), &bytes,
		                     &length))
			fail_msg("%s", bad_url[i]);
	arena_close(a);
}

static void line_breaks_are_skipped_in_the_padded_form(void **state)
{
	struct arena *a = arena_open();
	unsigned char *bytes;
	size_t length;

	(void)state;
	assert_true(base64_decode(a, "Zm9v\r\nYg=\n=", 11, &bytes, &length));
	assert_memory_equal(bytes, "foob", 4);
	arena_close(a);
}

static void every_length_round_trips(void **state)
{
	struct arena *a = arena_open();
	unsigned char bytes[256];

	(void)state;
	for (size_t n = 0; n < sizeof(bytes); n++) {
		unsigned char *back;
		size_t length;
		char *text;

		bytes[n] = (unsigned char)(n * 37 + 11);
		text = base64url_encode(a, bytes, n);
		assert_true(
		    base64url_decode(a, text, strlen(text), &back, &length));
		assert_int_equal(length, n);
		assert_memory_equal(back, bytes, n);
	}
	assert_string_equal(hex_encode(a, "\x00\xAB\x7f", 3), "00ab7f");
	arena_close(a);
}

TESTS(rfc_4648_test_vectors, a_noncanonical_encoding_is_rejected,
      line_breaks_are_skipped_in_the_padded_form, every_length_round_trips)
