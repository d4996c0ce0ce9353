/* SPDX-License-Identifier: AGPL-3.0-or-later
 * text.h: a string that grows in an arena, and reading words out of one. */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

/* Always ends in a NUL; length does not count it. */
struct text {
	struct arena *arena;
	char *at;
	size_t length;
	size_t room;
};

/* An empty text living in a. */
struct text text_in(struct arena *a);

void text_add(struct text *t, const char *more);
void text_add_bytes(struct text *t, const void *more, size_t length);
void text_addf(struct text *t, const char *format, ...) printf_like(2, 3);

/* A whole decimal number from least to most, digits only: false for a sign,
 * a blank, an empty string or anything behind it. */
bool text_to_number(const char *text, long long least, long long most,
                    long long *ret_number) must_check;

bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool text_starts(const char *text, const char *with);
bool text_ends(const char *text, const char *with);

/* The words between the separator characters in any of which `at` is cut,
 * empty ones left out; NULL-terminated, living in a. */
char **text_split(struct arena *a, const char *text, const char *separators,
                  size_t *ret_count);

/* Lower case for A to Z alone: identifiers, never names of people. */
char *text_lower(struct arena *a, const char *text);

/* Well-formed UTF-8 (RFC 3629), no NUL within length. */
bool text_is_utf8(const char *bytes, size_t length);

#endif
