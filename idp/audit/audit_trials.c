/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_trials.c: counts in a municipality's audit log what trial rules would
 * have changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idp/audit/audit_log.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/strbuf.h"

static void trials_increment(json_t *counts, const char *name)
{
	(void)json_object_set_new(counts, name,
	                          json_integer(js_number(counts, name, 0) + 1));
}

/* Adds one trial of an event: {"at", "verdict", "changes"}. */
static void trials_add(json_t *to, const json_t *trial)
{
	const char *at = js_string(trial, "at");
	const char *verdict = js_string(trial, "verdict");

	if (!at || !verdict)
		return;
	if (!js_object(to, at))
		(void)json_object_set_new(to, at, json_object());
	trials_increment(js_object(to, at), "evaluated");
	if (js_true(trial, "changes"))
		trials_increment(js_object(to, at), verdict);
}

static void trials_add_line(json_t *to, const char *line, size_t length,
                            int64_t since)
{
	struct arena *a = arena_open();
	json_t *event = NULL;

	if (js_parse(a, line, length, &event, NULL) &&
	    js_number(event, "at", 0) >= since) {
		const json_t *trials = js_array(event, "trials");

		for (size_t i = 0; i < json_array_size(trials); i++)
			trials_add(to, json_array_get(trials, i));
	}
	arena_close(a);
}

static void trials_add_file(json_t *to, const char *path, int64_t since)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;

	while (in && (length = getline(&line, &capacity, in)) > 0)
		if (strstr(line, "\"trials\":["))
			trials_add_line(to, line, (size_t)length, since);
	free(line);
	if (in)
		(void)fclose(in);
}

/* A file is named by its day: 2026-11-21.a.jsonl. */
static bool file_is_recent(const char *name, int64_t since)
{
	char day[sizeof("2026-11-21")] = "";
	int64_t end;

	(void)snprintf(day, sizeof(day), "%s", name);
	return !clock_parse_date(day, true, &end) || end + 24 * 60 * 60 > since;
}

json_t *audit_count_trials(struct arena *a, const char *folder, int64_t since)
{
	json_t *counts = js_own(a, json_object());
	struct error ignored = { 0 };
	char **names = NULL;
	size_t count = 0;

	/* A municipality without a folder has had no access yet. */
	if (!file_list(a, folder, ".jsonl", &names, &count, &ignored))
		return counts;
	for (size_t i = 0; i < count; i++)
		if (file_is_recent(names[i], since))
			trials_add_file(
			    counts, arena_printf(a, "%s/%s", folder, names[i]),
			    since);
	return counts;
}
