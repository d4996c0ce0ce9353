/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_log.c: one JSON line per change of the catalogue: time, entry, names
 * of the attributes.  No values, which stay behind the catalogue's access
 * rules.  One file per day; 90 days are kept. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/text.h"
#include "sync/writer/groups.h"

enum { DAYS_KEPT = 90, DAY_SECONDS = 24 * 60 * 60 };

/* Between the thread that appends and the one that purges. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The file of the current day in Oslo; older ones have the day in their
 * name. */
static struct {
	int fd;
	char path[4096];
	int64_t ends; /* when the day is over */
} current = { .fd = -1 };

static char *date_of(struct arena *a, int64_t when)
{
	struct tm day = clock_oslo(when);

	return arena_print(a, "%04d-%02d-%02d", day.tm_year + 1900,
	                   day.tm_mon + 1, day.tm_mday);
}

char *journal_of_day(struct arena *a, const char *path, int64_t when)
{
	size_t stem = strlen(path) - strlen(".jsonl");

	return arena_print(a, "%.*s-%s.jsonl", (int)stem, path,
	                   date_of(a, when));
}

/* Renames the file of an earlier day to that day's name, and deletes the
 * oldest. */
static void put_away(struct arena *a, const char *path)
{
	struct stat is;

	if (stat(path, &is) != 0 ||
	    text_equal(date_of(a, is.st_mtime), date_of(a, clock_now())))
		return;
	char *kept = journal_of_day(a, path, is.st_mtime);
	if (access(kept, F_OK) != 0)
		(void)rename(path, kept);
	(void)unlink(journal_of_day(
	    a, path, is.st_mtime - (int64_t)DAYS_KEPT * DAY_SECONDS));
}

static int64_t midnight_after(struct arena *a, int64_t when)
{
	int64_t ends = 0;

	return clock_from_date(date_of(a, when), true, &ends)
	           ? ends
	           : when + DAY_SECONDS;
}

static bool open_day(struct fault *why)
{
	struct arena *a = arena_open();

	if (current.fd >= 0)
		(void)close(current.fd);
	put_away(a, current.path);
	current.fd =
	    open(current.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	current.ends = midnight_after(a, clock_now());
	arena_close(a);
	return current.fd >= 0 ||
	       fault(why, FAULT_UNAVAILABLE, "%s: %m", current.path);
}

bool journal_begin(const char *path, struct fault *why)
{
	if (strlen(path) >= sizeof(current.path))
		return fault(why, FAULT_INVALID, "%s: too long", path);
	memcpy(current.path, path, strlen(path) + 1);
	return open_day(why);
}

const char *journal_path(void)
{
	return current.path;
}

static const char *const verbs[] = {
	[STEP_ADD] = "add", [STEP_CHANGE] = "change", [STEP_REMOVE] = "remove"
};

static json_t *begin_line(struct arena *a, enum step_kind kind)
{
	json_t *line = js_keep(a, json_pack("{s:i}", "v", 1));

	js_put(line, "at", clock_iso(a, clock_now()));
	js_put(line, "do", verbs[kind]);
	return line;
}

static void end_line(struct arena *a, json_t *line, const char *names)
{
	struct text t = text_in(a);

	if (names && *names)
		js_put(line, "attributes", names);
	text_addf(&t, "%s\n", js_write(a, line));
	(void)pthread_mutex_lock(&lock);
	if (clock_now() >= current.ends)
		(void)!open_day(NULL);
	/* A line that cannot be written does not stop a change already made. */
	(void)!write(current.fd, t.at, t.length);
	(void)pthread_mutex_unlock(&lock);
}

void journal(const struct step *s, const char *names)
{
	struct arena *a = arena_open();
	json_t *line = begin_line(a, s->kind);

	js_put(line, "person", s->person);
	if (!s->is_person) {
		js_put(line, "affiliation", s->id);
		js_put(line, "directory", s->directory);
		js_put(line, "anchor", s->anchor);
	}
	js_put(line, "status", form_text(s->after, "portvaktStatus"));
	end_line(a, line, names);
	arena_close(a);
}

void journal_group(const struct group_change *c, const char *names)
{
	struct arena *a = arena_open();
	json_t *line = begin_line(a, !c->after   ? STEP_REMOVE
	                             : c->before ? STEP_CHANGE
	                                         : STEP_ADD);

	js_put(line, "group", c->id);
	js_put(line, "directory", c->directory);
	js_put(line, "anchor", c->anchor);
	js_put(line, "status", form_text(c->after, "portvaktStatus"));
	if (c->joins.count + c->leaves.count > 0) {
		(void)json_object_set_new(
		    line, "joins", json_integer((json_int_t)c->joins.count));
		(void)json_object_set_new(
		    line, "leaves", json_integer((json_int_t)c->leaves.count));
	}
	end_line(a, line, names);
	arena_close(a);
}

/* ---- purging */

OWNER(release_file, FILE *, fclose)

static bool is_one(const json_t *whom, const char *id)
{
	return id && json_object_get(whom, id);
}

/* A line about an affiliation also names its person, so any id counts. */
static bool is_about(const json_t *whom, const char *text)
{
	static const char *const names[] = { "affiliation", "group", "person" };
	struct arena *a = arena_open();
	json_t *line;
	bool about = false;

	if (js_read(a, text, strcspn(text, "\n"), &line, NULL)) {
		const char *directory = js_string(line, "directory");

		for (size_t i = 0; i < LENGTH(names); i++)
			about |= is_one(whom, js_string(line, names[i]));
		about |=
		    directory &&
		    is_one(whom, arena_print(a, "directory %s", directory));
	}
	arena_close(a);
	return about;
}

static bool copy_others(FILE *from, FILE *to, const json_t *whom)
{
	char *line = NULL;
	size_t room = 0;
	bool good = true;

	while (good && getline(&line, &room, from) > 0)
		good = is_about(whom, line) || fputs(line, to) >= 0;
	free(line);
	/* After a read error the file is kept as it was. */
	return good && !ferror(from) && fflush(to) == 0;
}

static bool write_anew(const json_t *whom, const char *path, struct fault *why)
{
	struct arena *a = arena_open();
	const char *fresh = arena_print(a, "%s.new", path);
	own(release_file) FILE *from = fopen(path, "re");
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	own(release_file) FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool good = from && to && copy_others(from, to, whom) &&
	            rename(fresh, path) == 0;

	arena_close(a);
	return good || fault(why, FAULT_UNAVAILABLE, "%s: %m", path);
}

static bool forget_all(struct arena *a, const json_t *whom, struct fault *why)
{
	const char *slash = strrchr(current.path, '/');
	const char *folder =
	    arena_bytes(a, current.path, (size_t)(slash - current.path));
	size_t count = 0;
	char **names;

	if (!file_list(a, folder, ".jsonl", &names, &count, why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!write_anew(whom, arena_print(a, "%s/%s", folder, names[i]),
		                why))
			return false;
	return open_day(why);
}

bool journal_strike(const json_t *whom, struct fault *why)
{
	struct arena *a = arena_open();

	(void)pthread_mutex_lock(&lock);
	bool good = forget_all(a, whom, why);
	(void)pthread_mutex_unlock(&lock);
	arena_close(a);
	return good;
}
