/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_syntax_find.c: queries on parsed statements, their canonical form, and
 * the list of errors. */
#include "lib/conf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"

/* Limits memory: a file may contain any number of errors. */
enum { MOST_COMPLAINTS = 500, LONGEST_COMPLAINT = 600 };

const struct conf_statement *conf_find(const struct conf_block *b,
                                       const char *name)
{
	for (size_t i = 0; b && i < b->count; i++)
		if (text_equal(b->at[i].words[0], name))
			return &b->at[i];
	return NULL;
}

const struct conf_statement *conf_next(const struct conf_block *b,
                                       const struct conf_statement *s)
{
	if (!b || !s)
		return NULL;
	for (size_t i = (size_t)(s - b->at) + 1; i < b->count; i++)
		if (text_equal(b->at[i].words[0], s->words[0]))
			return &b->at[i];
	return NULL;
}

const char *conf_word_at(const struct conf_statement *s, size_t i)
{
	return s && i < s->word_count ? s->words[i] : NULL;
}

const char *conf_value(const struct conf_block *b, const char *name,
                       const char *otherwise)
{
	const char *value = conf_word_at(conf_find(b, name), 1);

	return value ? value : otherwise;
}

long long conf_number(const struct conf_block *b, const char *name,
                      long long otherwise)
{
	long long number;

	if (!text_to_number(conf_value(b, name, NULL), 0, INT64_MAX, &number))
		return otherwise;
	return number;
}

int64_t conf_seconds(const struct conf_block *b, const char *name,
                     int64_t otherwise)
{
	int64_t seconds;

	if (!clock_span(conf_value(b, name, NULL), &seconds))
		return otherwise;
	return seconds;
}

int conf_percent(const struct conf_block *b, const char *name, int otherwise)
{
	const char *value = conf_value(b, name, NULL);
	char digits[4] = { 0 };
	long long number;

	if (!text_ends(value, "%") || strlen(value) > sizeof(digits))
		return otherwise;
	memcpy(digits, value, strlen(value) - 1);
	return text_to_number(digits, 0, 100, &number) ? (int)number
	                                               : otherwise;
}

/* ---- canonical form */

static bool needs_quotes(const char *word)
{
	/* An unquoted byte order mark would be skipped by the parser. */
	return !*word || *word == '#' || text_starts(word, "\xEF\xBB\xBF") ||
	       strpbrk(word, " {}") != NULL;
}

static void write_block(struct text *out, const struct conf_block *b,
                        int depth);

static void write_statement(struct text *out, const struct conf_statement *s,
                            int depth)
{
	text_addf(out, "%.*s", depth, "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t");
	for (size_t i = 0; i < s->word_count; i++)
		text_addf(out, needs_quotes(s->words[i]) ? "%s\"%s\"" : "%s%s",
		          i > 0 ? " " : "", s->words[i]);
	if (!s->has_block) {
		text_add(out, "\n");
		return;
	}
	text_add(out, " {\n");
	write_block(out, &s->block, depth + 1);
	text_addf(out, "%.*s}\n", depth, "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t");
}

static void write_block(struct text *out, const struct conf_block *b, int depth)
{
	for (size_t i = 0; i < b->count; i++)
		write_statement(out, &b->at[i], depth);
}

char *conf_text(struct arena *a, const struct conf_block *top)
{
	struct text out = text_in(a);

	write_block(&out, top, 0);
	return out.at;
}

/* ---- errors */

static void complain(struct conf_complaints *wrong, const char *file,
                     unsigned line, unsigned column, const char *format,
                     va_list args)
{
	char text[LONGEST_COMPLAINT];

	if (wrong->count >= MOST_COMPLAINTS)
		return;
	(void)vsnprintf(text, sizeof(text), format, args);
	*list_add(wrong->arena, wrong) =
	    (struct conf_complaint){ .file = file,
		                     .line = line,
		                     .column = column,
		                     .text = arena_copy(wrong->arena, text) };
}

void conf_complain(struct conf_complaints *wrong,
                   const struct conf_statement *s, size_t word,
                   const char *format, ...)
{
	size_t which = word < s->word_count ? word : s->word_count - 1;
	va_list args;

	va_start(args, format);
	complain(wrong, s->file, s->line, s->columns[which], format, args);
	va_end(args);
}

void conf_complain_at(struct conf_complaints *wrong, const char *file,
                      unsigned line, unsigned column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(wrong, file, line, column, format, args);
	va_end(args);
}

static int by_place(const void *x, const void *y)
{
	const struct conf_complaint *a = x, *b = y;
	int files = strcmp(a->file, b->file);

	if (files != 0)
		return files;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return strcmp(a->text, b->text);
}

void conf_sort(struct conf_complaints *wrong)
{
	size_t kept = 0;

	if (wrong->count == 0)
		return;
	qsort(wrong->at, wrong->count, sizeof(*wrong->at), by_place);
	for (size_t i = 1; i < wrong->count; i++)
		if (by_place(&wrong->at[kept], &wrong->at[i]) != 0)
			wrong->at[++kept] = wrong->at[i];
	wrong->count = kept + 1;
}

char *conf_complaint_text(struct arena *a, const struct conf_complaint *c)
{
	return arena_print(a, "%s:%u:%u: %s", c->file, c->line, c->column,
	                   c->text);
}
