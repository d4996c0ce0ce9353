/* SPDX-License-Identifier: AGPL-3.0-or-later
 * strbuf.c: a string buffer that grows in an arena; string helpers; UTF-8
 * validation (RFC 3629). */
#include "lib/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

struct text text_in(struct arena *a)
{
	struct text t = { .arena = a, .room = FIRST_ROOM };

	t.at = arena_alloc(a, t.room);
	return t;
}

static void make_room(struct text *t, size_t more)
{
	assert(more < SIZE_MAX / 4 && t->length < SIZE_MAX / 4);
	size_t wanted = t->length + more + 1;

	if (wanted <= t->room)
		return;
	size_t room = t->room * 2 > wanted ? t->room * 2 : wanted;
	char *at = arena_alloc(t->arena, room);

	if (t->length > 0)
		memcpy(at, t->at, t->length);
	t->at = at;
	t->room = room;
}

void text_add_bytes(struct text *t, const void *more, size_t length)
{
	if (length == 0)
		return;
	make_room(t, length);
	memcpy(t->at + t->length, more, length);
	t->length += length;
	t->at[t->length] = '\0';
}

void text_add(struct text *t, const char *more)
{
	if (more)
		text_add_bytes(t, more, strlen(more));
}

void text_addf(struct text *t, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(length >= 0);
	make_room(t, (size_t)length);
	(void)vsnprintf(t->at + t->length, (size_t)length + 1, format, again);
	va_end(again);
	t->length += (size_t)length;
}

bool text_to_number(const char *text, long long least, long long most,
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
	if (number < least || number > most)
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

bool text_starts(const char *text, const char *with)
{
	return text && strncmp(text, with, strlen(with)) == 0;
}

bool text_ends(const char *text, const char *with)
{
	size_t tail = strlen(with);
	size_t length = text ? strlen(text) : 0;

	return text && length >= tail &&
	       strcmp(text + length - tail, with) == 0;
}

static size_t count_words(const char *text, const char *separators)
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
	size_t count = count_words(from, separators);
	char **words = arena_array(a, char *, count + 1);

	for (size_t i = 0; i < count; i++) {
		from += strspn(from, separators);
		size_t length = strcspn(from, separators);

		words[i] = arena_bytes(a, from, length);
		from += length;
	}
	if (ret_count)
		*ret_count = count;
	return words;
}

char *text_lower(struct arena *a, const char *text)
{
	char *lower = arena_copy(a, text);

	for (char *c = lower; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return lower;
}

/* RFC 3629 section 4: valid second bytes per first byte, which excludes
 * overlong forms, surrogates and code points over U+10FFFF. */
static const struct utf8_form {
	unsigned char first_least, first_most, second_least, second_most;
	unsigned char length;
} utf8_forms[] = {
	{ 0x01, 0x7F, 0x00, 0x00, 1 }, { 0xC2, 0xDF, 0x80, 0xBF, 2 },
	{ 0xE0, 0xE0, 0xA0, 0xBF, 3 }, { 0xE1, 0xEC, 0x80, 0xBF, 3 },
	{ 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
	{ 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 },
	{ 0xF4, 0xF4, 0x80, 0x8F, 4 },
};

static const struct utf8_form *find_form(unsigned char first)
{
	for (size_t i = 0; i < LENGTH(utf8_forms); i++)
		if (first >= utf8_forms[i].first_least &&
		    first <= utf8_forms[i].first_most)
			return &utf8_forms[i];
	return NULL;
}

/* Returns the length of the UTF-8 sequence at the start, 0 if it is invalid. */
static size_t letter_length(const unsigned char *at, size_t left)
{
	const struct utf8_form *form = find_form(at[0]);

	if (!form || form->length > left)
		return 0;
	if (form->length > 1 &&
	    (at[1] < form->second_least || at[1] > form->second_most))
		return 0;
	for (size_t i = 2; i < form->length; i++)
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	return form->length;
}

bool text_is_utf8(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;

	while (length > 0) {
		size_t step = letter_length(at, length);

		if (step == 0)
			return false;
		at += step;
		length -= step;
	}
	return true;
}
