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

static void add_pair(struct text *line, const char *name, const char *value)
{
	char *safe = escaped(line->arena, escape_log, value ? value : "");

	text_add(line, ",\"");
	escape_json(line, name);
	text_add(line, "\":\"");
	escape_json(line, safe);
	text_add(line, "\"");
}

static void add_facts(struct text *line, va_list facts)
{
	const char *name;

	while ((name = va_arg(facts, const char *)) != NULL)
		add_pair(line, name, va_arg(facts, const char *));
}

static void write_line(const char *level, const char *what, va_list facts)
{
	struct arena *a = arena_open();
	struct text line = text_in(a);

	text_addf(&line, "{\"time\":\"%s\",\"level\":\"%s\"",
	          clock_iso(a, clock_now()), level);
	add_pair(&line, "program", program_name);
	add_pair(&line, "what", what);
	add_facts(&line, facts);
	text_add(&line, "}\n");
	/* A failed write cannot be reported anywhere. */
	if (write(STDERR_FILENO, line.at, line.length) < 0)
		(void)0;
	arena_close(a);
}

void log_info(const char *what, ...)
{
	va_list facts;

	va_start(facts, what);
	write_line("info", what, facts);
	va_end(facts);
}

void log_warn(const char *what, ...)
{
	va_list facts;

	va_start(facts, what);
	write_line("warning", what, facts);
	va_end(facts);
}

void log_error(const char *what, ...)
{
	va_list facts;

	va_start(facts, what);
	write_line("error", what, facts);
	va_end(facts);
}
