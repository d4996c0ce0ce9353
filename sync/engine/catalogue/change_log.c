/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_log.c: one JSON line per change of the catalogue: time, entry, names
 * of the attributes.  No values, which stay behind the catalogue's access
 * rules.  One file per day; 90 days are kept. */
#include "sync/engine/catalogue/change_log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"

enum { DAYS_KEPT = 90, DAY_SECONDS = 24 * 60 * 60 };

/* Between the thread that appends and the one that purges. */
static pthread_mutex_t change_log_lock = PTHREAD_MUTEX_INITIALIZER;

/* The file of the current day in Oslo; older ones have the day in their
 * name. */
static struct {
	int fd;
	char path[4096];
	int64_t ends; /* when the day is over */
} current = { .fd = -1 };

static char *change_log_date(struct arena *a, int64_t when)
{
	struct tm day = clock_oslo(when);

	return arena_printf(a, "%04d-%02d-%02d", day.tm_year + 1900,
	                    day.tm_mon + 1, day.tm_mday);
}

char *change_log_day_path(struct arena *a, const char *path, int64_t when)
{
	size_t stem = strlen(path) - strlen(".jsonl");

	return arena_printf(a, "%.*s-%s.jsonl", (int)stem, path,
	                    change_log_date(a, when));
}

/* Renames the file of an earlier day to that day's name, and deletes the
 * oldest. */
static void change_log_rotate(struct arena *a, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0 ||
	    text_equal(change_log_date(a, status.st_mtime),
	               change_log_date(a, clock_now())))
		return;
	char *day_path = change_log_day_path(a, path, status.st_mtime);
	if (access(day_path, F_OK) != 0)
		(void)rename(path, day_path);
	(void)unlink(change_log_day_path(
	    a, path, status.st_mtime - (int64_t)DAYS_KEPT * DAY_SECONDS));
}

static int64_t midnight_after(struct arena *a, int64_t when)
{
	int64_t ends = 0;

	return clock_parse_date(change_log_date(a, when), true, &ends)
	           ? ends
	           : when + DAY_SECONDS;
}

static bool change_log_open_day(struct error *err)
{
	struct arena *a = arena_open();

	if (current.fd >= 0)
		(void)close(current.fd);
	change_log_rotate(a, current.path);
	current.fd =
	    open(current.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	current.ends = midnight_after(a, clock_now());
	arena_close(a);
	return current.fd >= 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "%s: %m", current.path);
}

bool change_log_open(const char *path, struct error *err)
{
	if (strlen(path) >= sizeof(current.path))
		return error_set(err, ERROR_INVALID, "%s: too long", path);
	memcpy(current.path, path, strlen(path) + 1);
	return change_log_open_day(err);
}

const char *change_log_path(void)
{
	return current.path;
}

static void change_log_write_line(struct arena *a, json_t *line,
                                  const char *names)
{
	struct strbuf t = strbuf_init(a);

	if (names && *names)
		js_set_string(line, "attributes", names);
	strbuf_appendf(&t, "%s\n", js_dump(a, line));
	(void)pthread_mutex_lock(&change_log_lock);
	if (clock_now() >= current.ends)
		(void)!change_log_open_day(NULL);
	/* A line that cannot be written does not stop a change already made. */
	(void)!write(current.fd, t.data, t.length);
	(void)pthread_mutex_unlock(&change_log_lock);
}

static json_t *change_log_format_line(struct arena *a,
                                      const struct logged_change *c)
{
	json_t *line = js_own(a, json_pack("{s:i}", "v", 1));

	js_set_string(line, "at", clock_format_iso(a, clock_now()));
	js_set_string(line, "do",
	              !c->after   ? "remove"
	              : c->before ? "change"
	                          : "add");
	js_set_string(line, "person", c->person);
	js_set_string(line, "affiliation", c->affiliation);
	js_set_string(line, "group", c->group);
	js_set_string(line, "directory", c->directory);
	js_set_string(line, "anchor", c->anchor);
	js_set_string(line, "status",
	              entry_json_value(c->after, "portvaktStatus"));
	if (c->added_members + c->removed_members == 0)
		return line;
	(void)json_object_set_new(line, "joins",
	                          json_integer((json_int_t)c->added_members));
	(void)json_object_set_new(line, "leaves",
	                          json_integer((json_int_t)c->removed_members));
	return line;
}

void change_log_append(const struct logged_change *c, const char *names)
{
	struct arena *a = arena_open();

	change_log_write_line(a, change_log_format_line(a, c), names);
	arena_close(a);
}

/* ---- purging */

DEFINE_CLEANUP(release_file, FILE *, fclose)

static bool id_is_listed(const json_t *ids, const char *id)
{
	return id && json_object_get(ids, id);
}

/* A line about an affiliation also names its person, so any id counts. */
static bool change_log_line_matches(const json_t *ids, const char *text)
{
	static const char *const names[] = { "affiliation", "group", "person" };
	struct arena *a = arena_open();
	json_t *line;
	bool matches = false;

	if (js_parse(a, text, strcspn(text, "\n"), &line, NULL)) {
		const char *directory = js_string(line, "directory");

		for (size_t i = 0; i < LENGTH(names); i++)
			matches |= id_is_listed(ids, js_string(line, names[i]));
		matches |= directory &&
		           id_is_listed(
			       ids, arena_printf(a, "directory %s", directory));
	}
	arena_close(a);
	return matches;
}

static bool change_log_copy_others(FILE *from, FILE *to, const json_t *ids)
{
	char *line = NULL;
	size_t capacity = 0;
	bool good = true;

	while (good && getline(&line, &capacity, from) > 0)
		good =
		    change_log_line_matches(ids, line) || fputs(line, to) >= 0;
	free(line);
	/* After a read error the file is kept as it was. */
	return good && !ferror(from) && fflush(to) == 0;
}

static bool change_log_rewrite(const json_t *ids, const char *path,
                               struct error *err)
{
	struct arena *a = arena_open();
	const char *new_path = arena_printf(a, "%s.new", path);
	own(release_file) FILE *from = fopen(path, "re");
	int fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	own(release_file) FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool good = from && to && change_log_copy_others(from, to, ids) &&
	            rename(new_path, path) == 0;

	arena_close(a);
	return good || error_set(err, ERROR_UNAVAILABLE, "%s: %m", path);
}

static bool change_log_rewrite_all(struct arena *a, const json_t *ids,
                                   struct error *err)
{
	const char *slash = strrchr(current.path, '/');
	const char *directory =
	    arena_memdup(a, current.path, (size_t)(slash - current.path));
	size_t count = 0;
	char **names;

	if (!file_list(a, directory, ".jsonl", &names, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!change_log_rewrite(
			ids, arena_printf(a, "%s/%s", directory, names[i]),
			err))
			return false;
	return change_log_open_day(err);
}

bool change_log_purge(const json_t *ids, struct error *err)
{
	struct arena *a = arena_open();

	(void)pthread_mutex_lock(&change_log_lock);
	bool good = change_log_rewrite_all(a, ids, err);
	(void)pthread_mutex_unlock(&change_log_lock);
	arena_close(a);
	return good;
}
