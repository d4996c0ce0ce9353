/* SPDX-License-Identifier: AGPL-3.0-or-later
 * base64.c: base64, base64url (RFC 4648 sections 4 and 5) and hexadecimal.
 * Decoding accepts the canonical encoding only (section 3.5), so that a token
 * has one representation and cannot be replayed in another. */
#include "lib/base64.h"

#include <stdint.h>

static const char standard[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint32_t three_bytes(const unsigned char *at, size_t count)
{
	uint32_t bits = (uint32_t)at[0] << 16;

	if (count > 1)
		bits |= (uint32_t)at[1] << 8;
	if (count > 2)
		bits |= at[2];
	return bits;
}

static size_t write_letters(char *out, const unsigned char *bytes,
                            size_t length, const char *letters)
{
	size_t written = 0;

	for (size_t i = 0; i < length; i += 3) {
		size_t count = length - i < 3 ? length - i : 3;
		uint32_t bits = three_bytes(bytes + i, count);

		for (size_t k = 0; k <= count; k++)
			out[written++] = letters[bits >> (18 - 6 * k) & 63];
	}
	return written;
}

char *base64_write(struct arena *a, const void *bytes, size_t length)
{
	char *out = arena_alloc(a, (length + 2) / 3 * 4 + 1);
	size_t written = write_letters(out, bytes, length, standard);

	while (written % 4 != 0)
		out[written++] = '=';
	return out;
}

char *base64url_write(struct arena *a, const void *bytes, size_t length)
{
	char *out = arena_alloc(a, (length + 2) / 3 * 4 + 1);

	(void)write_letters(out, bytes, length, for_urls);
	return out;
}

static int value_of(char letter, const char *letters)
{
	if (letter >= 'A' && letter <= 'Z')
		return letter - 'A';
	if (letter >= 'a' && letter <= 'z')
		return letter - 'a' + 26;
	if (letter >= '0' && letter <= '9')
		return letter - '0' + 52;
	if (letter == letters[62])
		return 62;
	return letter == letters[63] ? 63 : -1;
}

/* Decodes characters of the alphabet without padding. Returns false unless the
 * encoding is canonical. */
static bool read_letters(struct arena *a, const char *text, size_t length,
                         const char *letters, unsigned char **ret_bytes,
                         size_t *ret_length)
{
	unsigned char *out = arena_alloc(a, length / 4 * 3 + 3);
	size_t written = 0;
	uint32_t bits = 0;
	unsigned held = 0;

	if (length % 4 == 1)
		return false;
	for (size_t i = 0; i < length; i++) {
		int value = value_of(text[i], letters);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		out[written++] = (unsigned char)(bits >> held);
		bits &= (1U << held) - 1;
	}
	if (bits != 0)
		return false;
	*ret_bytes = out;
	*ret_length = written;
	return true;
}

static size_t drop_line_breaks(char *out, const char *text, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length; i++)
		if (text[i] != '\r' && text[i] != '\n')
			out[kept++] = text[i];
	return kept;
}

bool base64_read(struct arena *a, const char *text, size_t length,
                 unsigned char **ret_bytes, size_t *ret_length)
{
	char *letters = arena_alloc(a, length + 1);
	size_t count = drop_line_breaks(letters, text, length);

	if (count % 4 != 0)
		return false;
	for (int pad = 0; pad < 2 && count > 0 && letters[count - 1] == '=';
	     pad++)
		count--;
	return read_letters(a, letters, count, standard, ret_bytes, ret_length);
}

bool base64url_read(struct arena *a, const char *text, size_t length,
                    unsigned char **ret_bytes, size_t *ret_length)
{
	return read_letters(a, text, length, for_urls, ret_bytes, ret_length);
}

char *hex_write(struct arena *a, const void *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	char *out = arena_alloc(a, length * 2 + 1);

	for (size_t i = 0; i < length; i++) {
		out[2 * i] = digits[from[i] >> 4];
		out[2 * i + 1] = digits[from[i] & 15];
	}
	return out;
}
