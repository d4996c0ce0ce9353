/* SPDX-License-Identifier: AGPL-3.0-or-later
 * base64_fuzz.c: arbitrary bytes as base64 and base64url. A decoded value
 * equals that of OpenSSL, and encoding it returns the same text. */
#include "tests/fuzz/fuzz.h"

#include <openssl/evp.h>

#include "lib/base64.h"

/* OpenSSL accepts padded base64 with + and / only. */
static char *as_openssl_wants(struct arena *a, const char *text, size_t length)
{
	char *out = arena_alloc(a, length + 4);

	for (size_t i = 0; i < length; i++)
		out[i] = (char)(text[i] == '-'   ? '+'
		                : text[i] == '_' ? '/'
		                                 : text[i]);
	while (length % 4 != 0)
		out[length++] = '=';
	return out;
}

static void same_as_openssl(struct arena *a, const char *text, size_t length,
                            const unsigned char *ours, size_t ours_length)
{
	char *standard = as_openssl_wants(a, text, length);
	size_t padded = (length + 3) / 4 * 4;
	unsigned char *theirs = arena_alloc(a, padded + 4);
	int count =
	    EVP_DecodeBlock(theirs, (unsigned char *)standard, (int)padded);

	assert(count >= 0 && (size_t)count >= ours_length);
	assert((size_t)count - ours_length < 3);
	assert(memcmp(theirs, ours, ours_length) == 0);
}

static void as_url(struct arena *a, const char *text, size_t length)
{
	unsigned char *bytes;
	size_t count;

	if (!base64url_decode(a, text, length, &bytes, &count))
		return;
	char *again = base64url_encode(a, bytes, count);

	assert(strlen(again) == length && memcmp(again, text, length) == 0);
	same_as_openssl(a, text, length, bytes, count);
}

static void as_standard(struct arena *a, const char *text, size_t length)
{
	unsigned char *bytes;
	size_t count, kept = 0;
	char *flat = arena_alloc(a, length + 1);

	if (!base64_decode(a, text, length, &bytes, &count))
		return;
	for (size_t i = 0; i < length; i++)
		if (!strchr("\r\n", text[i]))
			flat[kept++] = text[i];
	assert(strcmp(base64_encode(a, bytes, count), flat) == 0);
	same_as_openssl(a, flat, kept, bytes, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();

	if (size <= 4096) {
		const char *text = fuzz_exact(a, data, size);

		as_url(a, text, size);
		as_standard(a, text, size);
	}
	arena_close(a);
	return 0;
}
