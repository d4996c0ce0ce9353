/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_syntax_find.c: queries on parsed statements, their canonical form, and
 * the list of errors. */
#include "lib/conf/conf_syntax.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

/* Limits memory: a file may contain any number of errors. */
enum { MAX_CONF_ERRORS = 500, MAX_CONF_ERROR_LENGTH = 600 };

const struct conf_statement *conf_syntax_find(const struct conf_block *b,
                                              const char *name)
{
	for (size_t i = 0; b && i < b->count; i++)
		if (text_equal(b->statements[i].args[0], name))
			return &b->statements[i];
	return NULL;
}

const struct conf_statement *conf_syntax_next(const struct conf_block *b,
                                              const struct conf_statement *s)
{
	if (!b || !s)
		return NULL;
	for (size_t i = (size_t)(s - b->statements) + 1; i < b->count; i++)
		if (text_equal(b->statements[i].args[0], s->args[0]))
			return &b->statements[i];
	return NULL;
}

const char *conf_syntax_arg(const struct conf_statement *s, size_t i)
{
	return s && i < s->arg_count ? s->args[i] : NULL;
}

const char *conf_syntax_value(const struct conf_block *b, const char *name,
                              const char *default_value)
{
	const char *value = conf_syntax_arg(conf_syntax_find(b, name), 1);

	return value ? value : default_value;
}

int64_t conf_syntax_seconds(const struct conf_block *b, const char *name,
                            int64_t default_value)
{
	int64_t seconds;

	if (!clock_parse_duration(conf_syntax_value(b, name, NULL), &seconds))
		return default_value;
	return seconds;
}

int conf_syntax_percent(const struct conf_block *b, const char *name,
                        int default_value)
{
	const char *value = conf_syntax_value(b, name, NULL);
	char digits[4] = { 0 };
	long long number;

	if (!text_ends(value, "%") || strlen(value) > sizeof(digits))
		return default_value;
	memcpy(digits, value, strlen(value) - 1);
	return text_to_number(digits, 0, 100, &number) ? (int)number
	                                               : default_value;
}

/* ---- canonical form */

static bool conf_needs_quotes(const char *arg)
{
	/* An unquoted byte order mark would be skipped by the parser. */
	return !*arg || *arg == '#' || text_starts(arg, "\xEF\xBB\xBF") ||
	       strpbrk(arg, " {}") != NULL;
}

static void conf_write_block(struct strbuf *out, const struct conf_block *b,
                             int depth);

static void conf_write_statement(struct strbuf *out,
                                 const struct conf_statement *s, int depth)
{
	strbuf_appendf(out, "%.*s", depth, "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t");
	for (size_t i = 0; i < s->arg_count; i++)
		strbuf_appendf(
		    out, conf_needs_quotes(s->args[i]) ? "%s\"%s\"" : "%s%s",
		    i > 0 ? " " : "", s->args[i]);
	if (!s->has_block) {
		strbuf_append(out, "\n");
		return;
	}
	strbuf_append(out, " {\n");
	conf_write_block(out, &s->block, depth + 1);
	strbuf_appendf(out, "%.*s}\n", depth,
	               "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t");
}

static void conf_write_block(struct strbuf *out, const struct conf_block *b,
                             int depth)
{
	for (size_t i = 0; i < b->count; i++)
		conf_write_statement(out, &b->statements[i], depth);
}

char *conf_syntax_format(struct arena *a, const struct conf_block *top)
{
	struct strbuf out = strbuf_init(a);

	conf_write_block(&out, top, 0);
	return out.data;
}

/* ---- errors */

static void conf_error_append(struct conf_errors *errors, const char *file,
                              unsigned line, unsigned column,
                              const char *format, va_list args)
{
	char text[MAX_CONF_ERROR_LENGTH];

	if (errors->count >= MAX_CONF_ERRORS)
		return;
	(void)vsnprintf(text, sizeof(text), format, args);
	*vector_append(errors->arena, errors) =
	    (struct conf_error){ .file = file,
		                 .line = line,
		                 .column = column,
		                 .text = arena_strdup(errors->arena, text) };
}

void conf_error_add(struct conf_errors *errors, const struct conf_statement *s,
                    size_t arg, const char *format, ...)
{
	size_t index = arg < s->arg_count ? arg : s->arg_count - 1;
	va_list args;

	va_start(args, format);
	conf_error_append(errors, s->file, s->line, s->columns[index], format,
	                  args);
	va_end(args);
}

void conf_error_add_at(struct conf_errors *errors, const char *file,
                       unsigned line, unsigned column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	conf_error_append(errors, file, line, column, format, args);
	va_end(args);
}

static int conf_compare_errors(const void *x, const void *y)
{
	const struct conf_error *a = x, *b = y;
	int files = strcmp(a->file, b->file);

	if (files != 0)
		return files;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return strcmp(a->text, b->text);
}

void conf_errors_sort(struct conf_errors *errors)
{
	size_t kept = 0;

	if (errors->count == 0)
		return;
	qsort(errors->at, errors->count, sizeof(*errors->at),
	      conf_compare_errors);
	for (size_t i = 1; i < errors->count; i++)
		if (conf_compare_errors(&errors->at[kept], &errors->at[i]) != 0)
			errors->at[++kept] = errors->at[i];
	errors->count = kept + 1;
}

char *conf_error_format(struct arena *a, const struct conf_error *c)
{
	return arena_printf(a, "%s:%u:%u: %s", c->file, c->line, c->column,
	                    c->text);
}
