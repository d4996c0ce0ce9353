/* SPDX-License-Identifier: AGPL-3.0-or-later
 * inflate_fuzz.c: arbitrary bytes as a SAMLRequest parameter of the
 * HTTP-Redirect binding (base64 of raw DEFLATE) and as raw DEFLATE. The result
 * equals zlib's, is within the limit, and deflating and inflating it returns
 * the same value. */
#include "tests/fuzz/fuzz.h"

#include <zlib.h>

#include "lib/base64.h"
#include "lib/inflate.h"

enum { MOST = 64 * 1024 };

static void same_as_zlib(struct arena *a, const void *bytes, size_t length,
                         const char *ours, size_t ours_length)
{
	unsigned char *out = arena_alloc(a, MOST + 1);
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)bytes,
		       .avail_in = (uInt)length,
		       .next_out = out,
		       .avail_out = MOST + 1 };

	assert(inflateInit2(&z, -15) == Z_OK);
	assert(inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0);
	assert(z.total_out == ours_length);
	assert(memcmp(out, ours, ours_length) == 0);
	inflateEnd(&z);
}

static void comes_back(struct arena *a, const char *text, size_t length)
{
	struct error err = { 0 };
	size_t packed, again;
	unsigned char *bytes = deflate_raw(a, text, length, &packed);
	char *out;

	assert(inflate_raw(a, bytes, packed, MOST, &out, &again, &err));
	assert(again == length && memcmp(out, text, length) == 0);
}

static void as_deflate(struct arena *a, const void *bytes, size_t length)
{
	struct error err = { 0 };
	char *out;
	size_t count;

	if (!inflate_raw(a, bytes, length, MOST, &out, &count, &err)) {
		assert(err.kind == ERROR_INVALID);
		return;
	}
	assert(count > 0 && count <= MOST && out[count] == '\0');
	same_as_zlib(a, bytes, length, out, count);
	comes_back(a, out, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	const char *text = fuzz_exact(a, data, size);
	unsigned char *bytes;
	size_t length;

	as_deflate(a, text, size);
	if (base64_decode(a, text, size, &bytes, &length))
		as_deflate(a, bytes, length);
	arena_close(a);
	return 0;
}
