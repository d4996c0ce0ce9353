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

#include "lib/own.h"
#include "lib/text.h"

/* Negative window bits: raw DEFLATE without zlib or gzip header, and so without
 * checksum or preset dictionary. */
enum { RAW = -MAX_WBITS, PIECE = 4096, MEMORY = 8 };

static void end_inflate(z_stream *z)
{
	(void)inflateEnd(z);
}

static void end_deflate(z_stream *z)
{
	(void)deflateEnd(z);
}

static void must(bool done)
{
	if (!done)
		abort();
}

/* Inflates until the stream ends or the output exceeds max_length. Returns
 * whether the stream ended. */
static bool take_all(z_stream *z, struct text *out, size_t most)
{
	unsigned char piece[PIECE];
	int state = Z_OK;

	while (state == Z_OK && out->length <= most) {
		z->next_out = piece;
		z->avail_out = sizeof(piece);
		state = inflate(z, Z_NO_FLUSH);
		text_add_bytes(out, piece, sizeof(piece) - z->avail_out);
	}
	explicit_bzero(piece, sizeof(piece));
	return state == Z_STREAM_END;
}

bool inflate_raw(struct arena *a, const void *bytes, size_t length, size_t most,
                 char **ret_bytes, size_t *ret_length, struct fault *why)
{
	struct text out = text_in(a);

	if (length == 0 || length > UINT_MAX)
		return fault(why, FAULT_INVALID, "there is nothing to inflate");
	own(end_inflate) z_stream z = {
		.next_in = bytes,
		.avail_in = (uInt)length,
	};
	must(inflateInit2(&z, RAW) == Z_OK);
	bool whole = take_all(&z, &out, most);

	if (out.length > most)
		return fault(why, FAULT_INVALID, "inflates to over %zu bytes",
		             most);
	if (!whole)
		return fault(why, FAULT_INVALID, "not a whole DEFLATE stream");
	if (z.avail_in > 0)
		return fault(why, FAULT_INVALID,
		             "something stands behind the DEFLATE stream");
	if (out.length == 0)
		return fault(why, FAULT_INVALID, "inflates to nothing");
	*ret_bytes = out.at;
	*ret_length = out.length;
	return true;
}

unsigned char *deflate_raw(struct arena *a, const void *bytes, size_t length,
                           size_t *ret_length)
{
	own(end_deflate) z_stream z = {
		.next_in = bytes,
		.avail_in = (uInt)length,
	};

	assert(length <= UINT_MAX / 2);
	must(deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW, MEMORY,
	                  Z_DEFAULT_STRATEGY) == Z_OK);
	uLong room = deflateBound(&z, (uLong)length);
	unsigned char *out = arena_alloc(a, room + 1);

	z.next_out = out;
	z.avail_out = (uInt)room;
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	*ret_length = z.total_out;
	return out;
}
