/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/inflate.h"

enum { MOST = 64 * 1024 };

static struct arena *a;
static char *clear;
static size_t clear_length;

static bool inflates(const void *bytes, size_t length, size_t most)
{
	struct error err = { 0 };
	bool good =
	    inflate_raw(a, bytes, length, most, &clear, &clear_length, &err);

	if (!good)
		assert_int_equal(err.kind, ERROR_INVALID);
	return good;
}

static void deflated_bytes_are_inflated(void **state)
{
	static const size_t lengths[] = { 1, 100, 4095, 4096, 4097, MOST };
	unsigned char *bytes, *small;
	size_t length;

	(void)state;
	a = arena_open();
	bytes = arena_alloc(a, MOST);
	for (size_t i = 0; i < MOST; i++)
		bytes[i] = (unsigned char)(i * i >> 3);
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		small = deflate_raw(a, bytes, lengths[i], &length);
		assert_true(inflates(small, length, MOST));
		assert_int_equal(clear_length, lengths[i]);
		assert_memory_equal(clear, bytes, clear_length);
		assert_int_equal(clear[clear_length], 0);
	}
	arena_close(a);
}

static void a_decompression_bomb_stops_at_the_limit(void **state)
{
	enum { HUGE_LENGTH = 32 * 1024 * 1024 };
	unsigned char *zeros = calloc(1, HUGE_LENGTH), *bomb;
	size_t length;

	(void)state;
	a = arena_open();
	bomb = deflate_raw(a, zeros, HUGE_LENGTH, &length);
	assert_true(length < MOST);
	assert_false(inflates(bomb, length, MOST));
	bomb = deflate_raw(a, zeros, MOST + 1, &length);
	assert_false(inflates(bomb, length, MOST));
	assert_true(inflates(bomb, length, MOST + 1));
	free(zeros);
	arena_close(a);
}

static void a_truncated_or_trailing_stream_is_rejected(void **state)
{
	unsigned char *small, longer[64] = { 0 };
	size_t length;

	(void)state;
	a = arena_open();
	small = deflate_raw(a, "<samlp:AuthnRequest/>", 21, &length);
	assert_true(length < sizeof(longer));
	for (size_t cut = 0; cut < length; cut++)
		assert_false(inflates(small, cut, MOST));
	memcpy(longer, small, length);
	assert_false(inflates(longer, length + 1, MOST));
	assert_true(inflates(longer, length, MOST));
	arena_close(a);
}

static const struct {
	const char *bytes;
	size_t length;
} refused[] = {
	{ "", 0 },
	{ "\x03\x00", 2 }, /* a complete empty stream */
	/* zlib header */
	{ "\x78\x9c\x4b\x04\x00\x00\x62\x00\x62", 9 },
	/* zlib header with a preset dictionary */
	{ "\x78\xbb\x00\x00\x00\x01\x4b\x04\x00\x00\x62\x00\x62", 13 },
	/* gzip header */
	{ "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x04\x00\x43\xbe\xb7\xe8"
	  "\x01\x00\x00\x00",
	  21 },
	{ "\x06", 1 },                 /* block type 3 */
	{ "\x01\x05\x00\x00\x00", 5 }, /* lengths that differ */
	{ "\xff\xff\xff\xff", 4 },
};

static void anything_but_one_raw_stream_is_rejected(void **state)
{
	(void)state;
	a = arena_open();
	for (size_t i = 0; i < LENGTH(refused); i++)
		assert_false(
		    inflates(refused[i].bytes, refused[i].length, MOST));
	assert_true(inflates("\x4b\x04\x00", 3, MOST));
	assert_string_equal(clear, "a");
	arena_close(a);
}

TESTS(deflated_bytes_are_inflated, a_decompression_bomb_stops_at_the_limit,
      a_truncated_or_trailing_stream_is_rejected,
      anything_but_one_raw_stream_is_rejected)
