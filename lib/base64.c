/* SPDX-License-Identifier: AGPL-3.0-or-later
 * base64.c: base64, base64url (RFC 4648 sections 4 and 5) and hexadecimal.
 * Decoding accepts the canonical encoding only (section 3.5), so that a token
 * has one representation and cannot be replayed in another. */
#include "lib/base64.h"

#include <stdint.h>

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint32_t base64_group_bits(const unsigned char *at, size_t count)
{
	uint32_t bits = (uint32_t)at[0] << 16;

	if (count > 1)
		bits |= (uint32_t)at[1] << 8;
	if (count > 2)
		bits |= at[2];
	return bits;
}

static size_t base64_encode_characters(char *out, const unsigned char *bytes,
                                       size_t length, const char *alphabet)
{
	size_t written = 0;

	for (size_t i = 0; i < length; i += 3) {
		size_t count = length - i < 3 ? length - i : 3;
		uint32_t bits = base64_group_bits(bytes + i, count);

		for (size_t k = 0; k <= count; k++)
			out[written++] = alphabet[bits >> (18 - 6 * k) & 63];
	}
	return written;
}

char *base64_encode(struct arena *a, const void *bytes, size_t length)
{
	char *out = arena_alloc(a, (length + 2) / 3 * 4 + 1);
	size_t written =
	    base64_encode_characters(out, bytes, length, base64_alphabet);

	while (written % 4 != 0)
		out[written++] = '=';
	return out;
}

char *base64url_encode(struct arena *a, const void *bytes, size_t length)
{
	char *out = arena_alloc(a, (length + 2) / 3 * 4 + 1);

	(void)base64_encode_characters(out, bytes, length, base64url_alphabet);
	return out;
}

static int base64_character_value(char character, const char *alphabet)
{
	if (character >= 'A' && character <= 'Z')
		return character - 'A';
	if (character >= 'a' && character <= 'z')
		return character - 'a' + 26;
	if (character >= '0' && character <= '9')
		return character - '0' + 52;
	if (character == alphabet[62])
		return 62;
	return character == alphabet[63] ? 63 : -1;
}

/* Decodes characters of the alphabet without padding. Returns false unless the
 * encoding is canonical. */
static bool base64_decode_characters(struct arena *a, const char *text,
                                     size_t length, const char *alphabet,
                                     unsigned char **ret_bytes,
                                     size_t *ret_length)
{
	unsigned char *out = arena_alloc(a, length / 4 * 3 + 3);
	size_t written = 0;
	uint32_t bits = 0;
	unsigned bit_count = 0;

	if (length % 4 == 1)
		return false;
	for (size_t i = 0; i < length; i++) {
		int value = base64_character_value(text[i], alphabet);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		bit_count += 6;
		if (bit_count < 8)
			continue;
		bit_count -= 8;
		out[written++] = (unsigned char)(bits >> bit_count);
		bits &= (1U << bit_count) - 1;
	}
	if (bits != 0)
		return false;
	*ret_bytes = out;
	*ret_length = written;
	return true;
}

static size_t base64_remove_line_breaks(char *out, const char *text,
                                        size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length; i++)
		if (text[i] != '\r' && text[i] != '\n')
			out[kept++] = text[i];
	return kept;
}

bool base64_decode(struct arena *a, const char *text, size_t length,
                   unsigned char **ret_bytes, size_t *ret_length)
{
	char *characters = arena_alloc(a, length + 1);
	size_t count = base64_remove_line_breaks(characters, text, length);

	if (count % 4 != 0)
		return false;
	for (int pad = 0; pad < 2 && count > 0 && characters[count - 1] == '=';
	     pad++)
		count--;
	return base64_decode_characters(a, characters, count, base64_alphabet,
	                                ret_bytes, ret_length);
}

bool base64url_decode(struct arena *a, const char *text, size_t length,
                      unsigned char **ret_bytes, size_t *ret_length)
{
	return base64_decode_characters(a, text, length, base64url_alphabet,
	                                ret_bytes, ret_length);
}

char *hex_encode(struct arena *a, const void *bytes, size_t length)
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
