/* SPDX-License-Identifier: AGPL-3.0-or-later
 * log.c: one JSON object per line on standard error, each in one write(). */
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/escape.h"

static const char *program_name = "portvakt";

void log_open(const char *program)
{
	program_name = program;
}

static void log_append_pair(struct strbuf *line, const char *name,
                            const char *value)
{
	char *safe = escape_string(line->arena, escape_log, value ? value : "");

	strbuf_append(line, ",\"");
	escape_json(line, name);
	strbuf_append(line, "\":\"");
	escape_json(line, safe);
	strbuf_append(line, "\"");
}

static void log_append_fields(struct strbuf *line, va_list fields)
{
	const char *name;

	while ((name = va_arg(fields, const char *)) != NULL)
		log_append_pair(line, name, va_arg(fields, const char *));
}

static void log_write_line(const char *level, const char *what, va_list fields)
{
	struct arena *a = arena_open();
	struct strbuf line = strbuf_init(a);

	strbuf_appendf(&line, "{\"time\":\"%s\",\"level\":\"%s\"",
	               clock_format_iso(a, clock_now()), level);
	log_append_pair(&line, "program", program_name);
	log_append_pair(&line, "what", what);
	log_append_fields(&line, fields);
	strbuf_append(&line, "}\n");
	/* A failed write cannot be reported anywhere. */
	if (write(STDERR_FILENO, line.data, line.length) < 0)
		(void)0;
	arena_close(a);
}

void log_info(const char *what, ...)
{
	va_list fields;

	va_start(fields, what);
	log_write_line("info", what, fields);
	va_end(fields);
}

void log_warn(const char *what, ...)
{
	va_list fields;

	va_start(fields, what);
	log_write_line("warning", what, fields);
	va_end(fields);
}

void log_error(const char *what, ...)
{
	va_list fields;

	va_start(fields, what);
	log_write_line("error", what, fields);
	va_end(fields);
}
