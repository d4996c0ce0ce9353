/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_log_last.c: the last changes of one person, for the operator, from the
 * change log of the last 30 days. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"
#include "sync/writer/writer.h"

enum {
	DAYS = 30,
	DAY_SECONDS = 24 * 60 * 60,
	LOOKED_AT = 1024 * 1024, /* from the end of each day's file */
};

/* Newest first. */
struct last {
	struct arena *arena;
	const char *person;
	size_t most;
	LIST(char *) lines;
};

/* Returns "2026-11-22T02:00:00Z change the person cn sn"; NULL: not JSON. */
static char *said_by(struct arena *a, const char *text)
{
	json_t *line = NULL;

	if (!js_read(a, text, strlen(text), &line, NULL))
		return NULL;
	const char *of = js_string(line, "affiliation");
	const char *names = js_string(line, "attributes");

	return arena_print(a, "%s %s %s %s", js_string(line, "at"),
	                   js_string(line, "do"), of ? of : "the person",
	                   names ? names : "");
}

/* The first line may be truncated: then it is no JSON. */
static char **end_of(struct arena *a, int fd, size_t *ret_count)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *end = arena_alloc(a, LOOKED_AT + 1);
	ssize_t length =
	    pread(fd, end, LOOKED_AT, size > LOOKED_AT ? size - LOOKED_AT : 0);

	return text_split(a, length > 0 ? end : "", "\n", ret_count);
}

static void read_day(struct last *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t count = 0;

	if (fd < 0)
		return;
	char **lines = end_of(l->arena, fd, &count);
	(void)close(fd);
	for (size_t i = count; i > 0 && l->lines.count < l->most; i--) {
		char *said = strstr(lines[i - 1], l->person)
		                 ? said_by(l->arena, lines[i - 1])
		                 : NULL;

		if (said)
			*list_add(l->arena, &l->lines) = said;
	}
}

void journal_last(const char *person, size_t most,
                  void (*each)(const char *line, void *with), void *with)
{
	struct last l = { .arena = arena_open(),
		          .person = person,
		          .most = most };

	read_day(&l, journal_path());
	for (int64_t day = 1; day <= DAYS && l.lines.count < most; day++)
		read_day(&l, journal_of_day(l.arena, journal_path(),
		                            clock_now() - day * DAY_SECONDS));
	for (size_t i = l.lines.count; i > 0; i--)
		each(l.lines.at[i - 1], with);
	arena_close(l.arena);
}
