/* SPDX-License-Identifier: AGPL-3.0-or-later
 * strbuf.h: a string buffer that grows in an arena, and string helpers. */
#ifndef LIB_STRBUF_H
#define LIB_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

/* Always NUL-terminated; length does not count the NUL. */
struct strbuf {
	struct arena *arena;
	char *data;
	size_t length;
	size_t capacity;
};

/* Returns an empty buffer owned by the arena. */
struct strbuf strbuf_init(struct arena *a);

/* Appending NULL appends nothing. */
void strbuf_append(struct strbuf *t, const char *more);
void strbuf_append_bytes(struct strbuf *t, const void *more, size_t length);
void strbuf_appendf(struct strbuf *t, const char *format, ...)
    printf_like(2, 3);

/* Parses a decimal integer from min to max, digits only, like strtonum(3).
 * Returns false for a sign, white space, an empty string or trailing
 * characters. */
bool text_to_number(const char *text, long long min, long long max,
                    long long *ret_number) must_check;

bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
/* Returns whether a NULL-terminated list, or NULL for none, has the text. */
bool text_list_has(char *const *list, const char *text);

/* Splits a string at any of the separator characters, without empty tokens.
 * Returns a NULL-terminated array owned by the arena; NULL has no tokens.
 * ret_count may be NULL. */
char **text_split(struct arena *a, const char *text, const char *separators,
                  size_t *ret_count);

/* Returns a copy with A to Z in lower case, owned by the arena; NULL for NULL.
 * For identifiers; names of people pass name_fold(). */
char *text_lower(struct arena *a, const char *text);

/* Returns whether the bytes are well-formed UTF-8 (RFC 3629) without NUL. */
bool text_is_utf8(const char *bytes, size_t length);
/* Returns the length of the UTF-8 sequence at the start of the bytes; 0 if it
 * is invalid. */
size_t text_utf8_length(const char *bytes, size_t length);
/* Truncates text to at most max bytes, without splitting a UTF-8 sequence. */
void text_truncate(char *text, size_t max);

#endif
