/* SPDX-License-Identifier: AGPL-3.0-or-later
 * inflate.c: raw DEFLATE (RFC 1951) by zlib, with an output limit. Output is
 * allocated as it is produced, so that a decompression bomb cannot exceed
 * it. */
#include "lib/inflate.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "lib/cleanup.h"
#include "lib/strbuf.h"

/* Negative window bits: raw DEFLATE without zlib or gzip header, and so without
 * checksum or preset dictionary. */
enum {
	RAW_WINDOW_BITS = -MAX_WBITS,
	INFLATE_CHUNK_SIZE = 4096,
	DEFLATE_MEMORY_LEVEL = 8
};

static void inflate_end(z_stream *z)
{
	(void)inflateEnd(z);
}

static void deflate_end(z_stream *z)
{
	(void)deflateEnd(z);
}

static void inflate_abort_unless(bool done)
{
	if (!done)
		abort();
}

/* Inflates until the stream ends or the output exceeds max_length. Returns
 * whether the stream ended. */
static bool inflate_all(z_stream *z, struct strbuf *out, size_t max_length)
{
	unsigned char chunk[INFLATE_CHUNK_SIZE];
	int status = Z_OK;

	while (status == Z_OK && out->length <= max_length) {
		z->next_out = chunk;
		z->avail_out = sizeof(chunk);
		status = inflate(z, Z_NO_FLUSH);
		strbuf_append_bytes(out, chunk, sizeof(chunk) - z->avail_out);
	}
	explicit_bzero(chunk, sizeof(chunk));
	return status == Z_STREAM_END;
}

bool inflate_raw(struct arena *a, const void *bytes, size_t length,
                 size_t max_length, char **ret_bytes, size_t *ret_length,
                 struct error *err)
{
	struct strbuf out = strbuf_init(a);

	if (length == 0 || length > UINT_MAX)
		return error_set(err, ERROR_INVALID,
		                 "DEFLATE input is empty or too large");
	own(inflate_end) z_stream z = {
		.next_in = bytes,
		.avail_in = (uInt)length,
	};
	inflate_abort_unless(inflateInit2(&z, RAW_WINDOW_BITS) == Z_OK);
	bool complete = inflate_all(&z, &out, max_length);

	if (out.length > max_length)
		return error_set(err, ERROR_INVALID,
		                 "inflated data is larger than %zu bytes",
		                 max_length);
	if (!complete)
		return error_set(err, ERROR_INVALID,
		                 "DEFLATE stream is invalid or truncated");
	if (z.avail_in > 0)
		return error_set(err, ERROR_INVALID,
		                 "data after the end of the DEFLATE stream");
	if (out.length == 0)
		return error_set(err, ERROR_INVALID, "inflated data is empty");
	*ret_bytes = out.data;
	*ret_length = out.length;
	return true;
}

unsigned char *deflate_raw(struct arena *a, const void *bytes, size_t length,
                           size_t *ret_length)
{
	own(deflate_end) z_stream z = {
		.next_in = bytes,
		.avail_in = (uInt)length,
	};

	assert(length <= UINT_MAX / 2);
	inflate_abort_unless(deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
	                                  RAW_WINDOW_BITS, DEFLATE_MEMORY_LEVEL,
	                                  Z_DEFAULT_STRATEGY) == Z_OK);
	uLong bound = deflateBound(&z, (uLong)length);
	unsigned char *out = arena_alloc(a, bound + 1);

	z.next_out = out;
	z.avail_out = (uInt)bound;
	inflate_abort_unless(deflate(&z, Z_FINISH) == Z_STREAM_END);
	*ret_length = z.total_out;
	return out;
}
