/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_log_changes.c: counts the changes of the last 24 hours per source
 * directory, from the change log.  A missing file counts as none. */
#include "sync/engine/catalogue/change_log.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

enum { DAY_SECONDS = 24 * 60 * 60, LONGEST_LINE = 16 * 1024 };

/* Returns the name of the counter, or NULL for a line that is not counted. */
static const char *change_counter(const json_t *line)
{
	const char *step = js_string(line, "do");
	const char *status = js_string(line, "status");
	const char *names = js_string(line, "attributes");

	if (!js_string(line, "affiliation"))
		return NULL;
	if (text_equal(step, "add"))
		return "came";
	if (text_equal(step, "remove"))
		return "removed";
	if (!names || !strstr(names, "portvaktStatus"))
		return "changed";
	return text_equal(status, "active") ? "came-back" : "suspended";
}

static void change_count(json_t *directories, const json_t *line)
{
	const char *directory = js_string(line, "directory");
	const char *counter = change_counter(line);

	if (!directory || !counter)
		return;
	json_t *counters = json_object_get(directories, directory);
	if (!counters) {
		counters = json_object();
		(void)json_object_set_new(directories, directory, counters);
	}
	(void)json_object_set_new(
	    counters, counter,
	    json_integer(js_number(counters, counter, 0) + 1));
}

static void change_count_line(json_t *directories, char *text,
                              const char *since)
{
	struct arena *a = arena_open();
	json_t *line = NULL;

	text[strcspn(text, "\n")] = '\0';
	if (js_parse(a, text, strlen(text), &line, NULL) &&
	    strcmp(js_string(line, "at") ? js_string(line, "at") : "", since) >=
	        0)
		change_count(directories, line);
	arena_close(a);
}

/* Times in this form compare as strings. */
static void change_count_file(struct arena *a, const char *path,
                              const char *since, json_t *directories)
{
	char *text = arena_alloc(a, LONGEST_LINE);
	FILE *f = fopen(path, "re");

	while (f && fgets(text, LONGEST_LINE, f))
		change_count_line(directories, text, since);
	if (f)
		(void)fclose(f);
}

bool change_log_count(const struct ipc_request *q, char **argv,
                      struct error *err)
{
	struct arena *a = q->arena;
	int64_t yesterday = clock_now() - DAY_SECONDS;
	json_t *directories = js_own(a, json_object());
	const char *name;
	json_t *counters;

	(void)argv, (void)err;
	change_count_file(a,
	                  change_log_day_path(a, change_log_path(), yesterday),
	                  clock_format_iso(a, yesterday), directories);
	change_count_file(a, change_log_path(), clock_format_iso(a, yesterday),
	                  directories);
	json_object_foreach(directories, name, counters)
	{
		js_set_string(counters, "directory", name);
		ipc_reply_line(q, "%s", js_dump(a, counters));
	}
	return true;
}
