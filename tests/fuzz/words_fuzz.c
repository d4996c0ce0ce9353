/* SPDX-License-Identifier: AGPL-3.0-or-later
 * words_fuzz.c: any bytes as a form and as a Cookie header.  Words that were
 * read, escaped and read again are the same; no NUL and no broken UTF-8 is
 * among them; a cookie stands in the header as it was read.
 *
 * with: idp/http/words.c
 */
#include "tests/fuzz/fuzz.h"

#include "idp/http/words.h"
#include "lib/escape.h"

static char *escaped_words(struct arena *a, const struct pair *words,
                           size_t count)
{
	struct text t = text_in(a);

	for (size_t i = 0; i < count; i++) {
		escape_url(&t, words[i].name);
		text_add(&t, "=");
		escape_url(&t, words[i].value);
		text_add(&t, "&");
	}
	return t.at;
}

static void as_form(struct arena *a, const char *bytes, size_t length)
{
	struct fault why = { 0 };
	struct pair *words, *again;
	size_t count, count_again;

	if (!words_read(a, bytes, length, &words, &count, &why)) {
		assert(why.kind == FAULT_INVALID && why.reason);
		return;
	}
	assert(count <= WORDS_MOST);
	char *text = escaped_words(a, words, count);

	assert(words_read(a, text, strlen(text), &again, &count_again, &why));
	assert(count == count_again);
	for (size_t i = 0; i < count; i++) {
		assert(strcmp(words[i].name, again[i].name) == 0);
		assert(strcmp(words[i].value, again[i].value) == 0);
		assert(text_is_utf8(words[i].value, strlen(words[i].value)));
	}
}

/* A %00 cannot have been read: as many letters stand in the words as the
 * bytes have, escapes counted as one. */
static void nothing_is_cut(struct arena *a, const char *bytes, size_t length)
{
	struct fault why = { 0 };
	struct pair *words;
	size_t count, letters = 0, sent = 0;

	if (!words_read(a, bytes, length, &words, &count, &why))
		return;
	for (size_t i = 0; i < count; i++)
		letters += strlen(words[i].name) + strlen(words[i].value);
	for (size_t i = 0; i < length; i++)
		sent += bytes[i] != '&' && bytes[i] != '%';
	for (size_t i = 0; i < length; i++)
		sent -= bytes[i] == '%';
	/* The first = of each word, where it has one, is no letter. */
	assert(letters <= sent && sent - letters <= count);
}

static void as_cookies(struct arena *a, const char *header)
{
	struct pair *cookies = NULL;
	size_t count = 0;

	words_read_cookies(a, header, &cookies, &count);
	for (size_t i = 0; i < count; i++) {
		char *as_sent =
		    arena_print(a, "%s=%s", cookies[i].name, cookies[i].value);

		assert(*cookies[i].name && strstr(header, as_sent));
		for (const char *c = as_sent; *c; c++)
			assert(*c > ' ' && *c < 0x7f && *c != ';');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	const char *bytes = fuzz_exact(a, data, size);

	as_form(a, bytes, size);
	nothing_is_cut(a, bytes, size);
	as_cookies(a, fuzz_string(a, data, size));
	arena_close(a);
	return 0;
}
