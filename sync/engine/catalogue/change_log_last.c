/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_log_last.c: the last changes of one person, for the operator, from the
 * change log of the last 30 days. */
#include "sync/engine/catalogue/change_log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum {
	DAYS = 30,
	DAY_SECONDS = 24 * 60 * 60,
	TAIL_BYTES = 1024 * 1024, /* from the end of each day's file */
};

/* Newest first. */
struct last_changes {
	struct arena *arena;
	const char *person;
	size_t max;
	VECTOR(char *) lines;
};

/* Returns "2026-11-22T02:00:00Z change the person cn sn"; NULL: not JSON. */
static char *change_log_format(struct arena *a, const char *text)
{
	json_t *line = NULL;

	if (!js_parse(a, text, strlen(text), &line, NULL))
		return NULL;
	const char *affiliation = js_string(line, "affiliation");
	const char *names = js_string(line, "attributes");

	return arena_printf(
	    a, "%s %s %s %s", js_string(line, "at"), js_string(line, "do"),
	    affiliation ? affiliation : "the person", names ? names : "");
}

/* The first line may be truncated: then it is no JSON. */
static char **change_log_read_tail(struct arena *a, int fd, size_t *ret_count)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *end = arena_alloc(a, TAIL_BYTES + 1);
	ssize_t length = pread(fd, end, TAIL_BYTES,
	                       size > TAIL_BYTES ? size - TAIL_BYTES : 0);

	return text_split(a, length > 0 ? end : "", "\n", ret_count);
}

static void change_log_read_day(struct last_changes *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t count = 0;

	if (fd < 0)
		return;
	char **lines = change_log_read_tail(l->arena, fd, &count);
	(void)close(fd);
	for (size_t i = count; i > 0 && l->lines.count < l->max; i--) {
		char *text = strstr(lines[i - 1], l->person)
		                 ? change_log_format(l->arena, lines[i - 1])
		                 : NULL;

		if (text)
			*vector_append(l->arena, &l->lines) = text;
	}
}

bool change_log_last(const char *person, size_t max,
                     void (*each)(const char *line, void *data), void *data)
{
	struct last_changes l = { .arena = arena_open(),
		                  .person = person,
		                  .max = max + 1 };

	change_log_read_day(&l, change_log_path());
	for (int64_t day = 1; day <= DAYS && l.lines.count < l.max; day++)
		change_log_read_day(
		    &l, change_log_day_path(l.arena, change_log_path(),
		                            clock_now() - day * DAY_SECONDS));
	bool more = l.lines.count > max;
	for (size_t i = more ? max : l.lines.count; i > 0; i--)
		each(l.lines.at[i - 1], data);
	arena_close(l.arena);
	return more;
}
