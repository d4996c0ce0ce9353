/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_log_changes.c: counts the changes of the last 24 hours per source
 * directory, from the change log.  A missing file counts as none. */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/writer.h"

enum { DAY_SECONDS = 24 * 60 * 60, LONGEST_LINE = 16 * 1024 };

/* Returns the name of the counter, or NULL for a line that is not counted. */
static const char *counted_as(const json_t *line)
{
	const char *did = js_string(line, "do");
	const char *status = js_string(line, "status");
	const char *names = js_string(line, "attributes");

	if (!js_string(line, "affiliation"))
		return NULL;
	if (text_equal(did, "add"))
		return "came";
	if (text_equal(did, "remove"))
		return "removed";
	if (!names || !strstr(names, "portvaktStatus"))
		return "changed";
	return text_equal(status, "active") ? "came-back" : "suspended";
}

static void count(json_t *directories, const json_t *line)
{
	const char *directory = js_string(line, "directory");
	const char *as = counted_as(line);

	if (!directory || !as)
		return;
	json_t *of = json_object_get(directories, directory);
	if (!of) {
		of = json_object();
		(void)json_object_set_new(directories, directory, of);
	}
	(void)json_object_set_new(of, as,
	                          json_integer(js_number(of, as, 0) + 1));
}

static void count_line(json_t *directories, char *text, const char *since)
{
	struct arena *a = arena_open();
	json_t *line = NULL;

	text[strcspn(text, "\n")] = '\0';
	if (js_read(a, text, strlen(text), &line, NULL) &&
	    strcmp(js_string(line, "at") ? js_string(line, "at") : "", since) >=
	        0)
		count(directories, line);
	arena_close(a);
}

/* Times in this form compare as strings. */
static void count_file(struct arena *a, const char *path, const char *since,
                       json_t *directories)
{
	char *text = arena_alloc(a, LONGEST_LINE);
	FILE *f = fopen(path, "re");

	while (f && fgets(text, LONGEST_LINE, f))
		count_line(directories, text, since);
	if (f)
		(void)fclose(f);
}

bool journal_changes(const struct question *q, char **words, struct fault *why)
{
	struct arena *a = q->arena;
	int64_t yesterday = clock_now() - DAY_SECONDS;
	json_t *directories = js_keep(a, json_object());
	const char *name;
	json_t *of;

	(void)words, (void)why;
	count_file(a, journal_of_day(a, journal_path(), yesterday),
	           clock_iso(a, yesterday), directories);
	count_file(a, journal_path(), clock_iso(a, yesterday), directories);
	json_object_foreach(directories, name, of)
	{
		js_put(of, "directory", name);
		answer_line(q, "%s", js_write(a, of));
	}
	return true;
}
