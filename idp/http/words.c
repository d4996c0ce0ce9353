/* SPDX-License-Identifier: AGPL-3.0-or-later
 * form_urlencoded.c: strict parser of form parameters and cookies (WHATWG URL
 * 5.1, RFC 6265). */
#include "idp/http/words.h"

#include <string.h>

#include "lib/list.h"
#include "lib/text.h"

enum { COOKIES_MOST = 50 };

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes one octet.  Returns its end, or NULL for a malformed escape. */
static const char *take_letter(const char *from, const char *end, char *ret)
{
	if (*from != '%') {
		*ret = *from == '+' ? ' ' : *from;
		return from + 1;
	}
	if (end - from < 3)
		return NULL;
	int high = hex_digit(from[1]), low = hex_digit(from[2]);

	if (high < 0 || low < 0)
		return NULL;
	*ret = (char)(high * 16 + low);
	return from + 3;
}

static bool decode(struct arena *a, const char *from, const char *end,
                   const char **ret_text, struct fault *why)
{
	char *out = arena_alloc(a, (size_t)(end - from) + 1);
	size_t length = 0;

	while (from && from < end)
		from = take_letter(from, end, &out[length++]);
	if (!from)
		return fault_for(why, FAULT_INVALID, "bad-request",
		                 "an escape is broken");
	/* text_is_utf8 rejects NUL too: `ola%00admin` is not ola. */
	if (!text_is_utf8(out, length))
		return fault_for(why, FAULT_INVALID, "bad-request",
		                 "a word is not UTF-8");
	*ret_text = out;
	return true;
}

static bool read_word(struct arena *a, const char *from, const char *end,
                      struct pair *ret, struct fault *why)
{
	const char *equals = memchr(from, '=', (size_t)(end - from));

	return decode(a, from, equals ? equals : end, &ret->name, why) &&
	       decode(a, equals ? equals + 1 : end, end, &ret->value, why);
}

bool words_read(struct arena *a, const char *bytes, size_t length,
                struct pair **ret_words, size_t *ret_count, struct fault *why)
{
	LIST(struct pair) words = { 0 };
	const char *end = bytes + length;
	struct pair one;

	for (const char *from = bytes, *to; from < end; from = to + 1) {
		to = memchr(from, '&', (size_t)(end - from));
		if (!to)
			to = end;
		if (to == from)
			continue;
		if (words.count == WORDS_MOST)
			return fault_for(why, FAULT_INVALID, "bad-request",
			                 "more than %d words", WORDS_MOST);
		if (!read_word(a, from, to, &one, why))
			return false;
		*list_add(a, &words) = one;
	}
	*ret_words = words.at;
	*ret_count = words.count;
	return true;
}

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

void words_read_cookies(struct arena *a, const char *header,
                        struct pair **cookies, size_t *count)
{
	size_t found;
	char **pieces = text_split(a, header, "; \t", &found);
	LIST(struct pair) all = { *cookies, *count, *count };

	for (size_t i = 0; i < found && all.count < COOKIES_MOST; i++) {
		char *equals = strchr(pieces[i], '=');

		if (!equals || equals == pieces[i] || !is_visible(pieces[i]))
			continue;
		*equals = '\0';
		*list_add(a, &all) = (struct pair){ pieces[i], equals + 1 };
	}
	*cookies = all.at;
	*count = all.count;
}
