/* SPDX-License-Identifier: AGPL-3.0-or-later
 * strbuf.c: a string buffer that grows in an arena; string helpers; UTF-8
 * validation (RFC 3629). */
#include "lib/strbuf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

struct strbuf strbuf_init(struct arena *a)
{
	struct strbuf t = { .arena = a, .capacity = FIRST_CAPACITY };

	t.data = arena_alloc(a, t.capacity);
	return t;
}

static void strbuf_reserve(struct strbuf *t, size_t more)
{
	assert(more < SIZE_MAX / 4 && t->length < SIZE_MAX / 4);
	size_t needed = t->length + more + 1;

	if (needed <= t->capacity)
		return;
	size_t capacity = t->capacity * 2 > needed ? t->capacity * 2 : needed;
	char *at = arena_alloc(t->arena, capacity);

	if (t->length > 0)
		memcpy(at, t->data, t->length);
	t->data = at;
	t->capacity = capacity;
}

void strbuf_append_bytes(struct strbuf *t, const void *more, size_t length)
{
	if (length == 0)
		return;
	strbuf_reserve(t, length);
	memcpy(t->data + t->length, more, length);
	t->length += length;
	t->data[t->length] = '\0';
}

void strbuf_append(struct strbuf *t, const char *more)
{
	if (more)
		strbuf_append_bytes(t, more, strlen(more));
}

void strbuf_appendf(struct strbuf *t, const char *format, ...)
{
	va_list args, args_copy;

	va_start(args, format);
	va_copy(args_copy, args);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(length >= 0);
	strbuf_reserve(t, (size_t)length);
	(void)vsnprintf(t->data + t->length, (size_t)length + 1, format,
	                args_copy);
	va_end(args_copy);
	t->length += (size_t)length;
}

bool text_to_number(const char *text, long long min, long long max,
                    long long *ret_number)
{
	long long number = 0;

	if (!text || !*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *text - '0', &number))
			return false;
	}
	if (number < min || number > max)
		return false;
	*ret_number = number;
	return true;
}

bool text_equal(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool text_list_has(char *const *list, const char *text)
{
	while (list && *list && !text_equal(*list, text))
		list++;
	return list && *list;
}

bool text_starts(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
	size_t tail = strlen(suffix);
	size_t length = text ? strlen(text) : 0;

	return text && length >= tail &&
	       strcmp(text + length - tail, suffix) == 0;
}

static size_t text_count_tokens(const char *text, const char *separators)
{
	size_t count = 0;

	for (text += strspn(text, separators); *text; count++) {
		text += strcspn(text, separators);
		text += strspn(text, separators);
	}
	return count;
}

char **text_split(struct arena *a, const char *text, const char *separators,
                  size_t *ret_count)
{
	const char *from = text ? text : "";
	size_t count = text_count_tokens(from, separators);
	char **tokens = arena_array(a, char *, count + 1);

	for (size_t i = 0; i < count; i++) {
		from += strspn(from, separators);
		size_t length = strcspn(from, separators);

		tokens[i] = arena_memdup(a, from, length);
		from += length;
	}
	if (ret_count)
		*ret_count = count;
	return tokens;
}

char *text_lower(struct arena *a, const char *text)
{
	char *lower = arena_strdup(a, text);

	for (char *c = lower; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return lower;
}

/* RFC 3629 section 4: valid second bytes per first byte, which excludes
 * overlong forms, surrogates and code points over U+10FFFF. */
static const struct utf8_form {
	unsigned char first_min, first_max, second_min, second_max;
	unsigned char length;
} utf8_forms[] = {
	{ 0x01, 0x7F, 0x00, 0x00, 1 }, { 0xC2, 0xDF, 0x80, 0xBF, 2 },
	{ 0xE0, 0xE0, 0xA0, 0xBF, 3 }, { 0xE1, 0xEC, 0x80, 0xBF, 3 },
	{ 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
	{ 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 },
	{ 0xF4, 0xF4, 0x80, 0x8F, 4 },
};

static const struct utf8_form *utf8_find_form(unsigned char first)
{
	for (size_t i = 0; i < LENGTH(utf8_forms); i++)
		if (first >= utf8_forms[i].first_min &&
		    first <= utf8_forms[i].first_max)
			return &utf8_forms[i];
	return NULL;
}

size_t text_utf8_length(const char *bytes, size_t remaining)
{
	const unsigned char *at = (const unsigned char *)bytes;
	const struct utf8_form *form = utf8_find_form(at[0]);

	if (!form || form->length > remaining)
		return 0;
	if (form->length > 1 &&
	    (at[1] < form->second_min || at[1] > form->second_max))
		return 0;
	for (size_t i = 2; i < form->length; i++)
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	return form->length;
}

bool text_is_utf8(const char *bytes, size_t length)
{
	while (length > 0) {
		size_t step = text_utf8_length(bytes, length);

		if (step == 0)
			return false;
		bytes += step;
		length -= step;
	}
	return true;
}

void text_truncate(char *text, size_t max)
{
	size_t end = max;

	if (strlen(text) <= max)
		return;
	/* A sequence has at most three bytes after the first. */
	while (end > 0 && max - end < 3 &&
	       ((unsigned char)text[end] & 0xC0) == 0x80)
		end--;
	if (((unsigned char)text[end] & 0xC0) == 0x80)
		end = max; /* not UTF-8 */
	text[end] = '\0';
}
