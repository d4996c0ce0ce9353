/* SPDX-License-Identifier: AGPL-3.0-or-later
 * log.c: one event per line on standard error, in logfmt, each line in one
 * write(2) of less than PIPE_BUF bytes. */
#include "lib/log.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/random.h"

enum {
	VALUE_MAX_BYTES = 1000, /* of one value, escaped */
	MIN_FIELD_BYTES = 8,    /* besides the key: ' ="..."' */
};

static const char cut_marker[] = "...";
static const char cut_field[] = " cut=1";

struct log_line {
	char data[PIPE_BUF];
	size_t length;
	bool cut;
};

/* The rest of the line is for cut=1, a newline and a NUL. */
enum { LINE_MAX_BYTES = PIPE_BUF - sizeof(cut_field) - 2 };

/* sd-daemon(3). */
enum log_priority {
	PRIORITY_ERROR = 3,
	PRIORITY_WARNING = 4,
	PRIORITY_INFO = 6,
};

static const struct {
	const char *name;
	enum log_priority priority;
} log_events[LOG_EVENT_COUNT] = {
#define LOG_EVENT(id, name, priority, text) \
	[LOG_##id] = { name, PRIORITY_##priority },
#include "lib/log_events.def"
#undef LOG_EVENT
};

static const char *program_name = "portvakt";
static _Thread_local char request_id[LOG_REQUEST_DIGITS + 1];

void log_open(const char *program)
{
	program_name = program;
}

const char *log_event_name(enum log_event_id event)
{
	return log_events[event].name;
}

/* ---- the request id */

void log_request_clear(void)
{
	request_id[0] = '\0';
}

void log_request_new(void)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[LOG_REQUEST_DIGITS / 2];

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		request_id[2 * i] = digits[bytes[i] >> 4];
		request_id[2 * i + 1] = digits[bytes[i] & 0x0F];
	}
}

void log_request_set(const char *id)
{
	if (id && strlen(id) == LOG_REQUEST_DIGITS &&
	    strspn(id, "0123456789abcdef") == LOG_REQUEST_DIGITS)
		(void)memcpy(request_id, id, sizeof(request_id));
	else
		log_request_clear();
}

const char *log_request_get(void)
{
	return request_id[0] ? request_id : NULL;
}

/* ---- the line */

static void log_append(struct log_line *line, const char *bytes, size_t length)
{
	(void)memcpy(line->data + line->length, bytes, length);
	line->length += length;
}

/* Appends the escaped value up to limit, the length of the line.  Returns false
 * if it is longer. */
static bool log_append_escaped(struct log_line *line, const char *value,
                               size_t limit)
{
	char escaped[ESCAPE_LOG_SIZE];

	while (*value) {
		value = escape_log_next(value, escaped);
		if (line->length + strlen(escaped) > limit)
			return false;
		log_append(line, escaped, strlen(escaped));
	}
	return true;
}

/* Removes the last characters so that the marker fits, and appends it. */
static void log_append_cut_value(struct log_line *line, const char *value,
                                 size_t limit)
{
	(void)log_append_escaped(line, value, limit - strlen(cut_marker));
	log_append(line, cut_marker, strlen(cut_marker));
	line->cut = true;
}

static void log_append_value(struct log_line *line, const char *value)
{
	const char *quote = escape_log_is_plain(value) ? "" : "\"";
	size_t begin = line->length + strlen(quote);
	size_t limit = begin + VALUE_MAX_BYTES;

	if (limit > LINE_MAX_BYTES - strlen(quote))
		limit = LINE_MAX_BYTES - strlen(quote);
	log_append(line, quote, strlen(quote));
	if (!log_append_escaped(line, value, limit)) {
		line->length = begin;
		log_append_cut_value(line, value, limit);
	}
	log_append(line, quote, strlen(quote));
}

static void log_append_field(struct log_line *line, const char *key,
                             const char *value)
{
	if (line->length + strlen(key) + MIN_FIELD_BYTES > LINE_MAX_BYTES) {
		line->cut = true;
		return;
	}
	log_append(line, " ", 1);
	log_append(line, key, strlen(key));
	log_append(line, "=", 1);
	log_append_value(line, value ? value : "");
}

static void log_append_head(struct log_line *line, enum log_event_id event)
{
	struct arena *a = arena_open();
	const char *name = log_events[event].name;
	const char priority[] = { '<', (char)('0' + log_events[event].priority),
		                  '>' };

	log_append(line, priority, sizeof(priority));
	log_append(line, name, strlen(name));
	log_append_field(line, "time", clock_format_iso(a, clock_now()));
	log_append_field(line, "program", program_name);
	if (request_id[0])
		log_append_field(line, "request", request_id);
	arena_close(a);
}

static void log_write(struct log_line *line)
{
	if (line->cut)
		log_append(line, cut_field, strlen(cut_field));
	log_append(line, "\n", 1);
	/* A failed write cannot be reported anywhere. */
	if (write(STDERR_FILENO, line->data, line->length) < 0)
		(void)0;
}

void log_event(enum log_event_id event, ...)
{
	struct log_line line = { .length = 0 };
	const char *key;
	va_list fields;

	log_append_head(&line, event);
	va_start(fields, event);
	while ((key = va_arg(fields, const char *)) != NULL)
		log_append_field(&line, key, va_arg(fields, const char *));
	va_end(fields);
	log_write(&line);
}
