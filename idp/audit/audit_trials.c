/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_trials.c: what a municipality's audit log has since a time: what trial
 * rules would have changed, and the logins of emergencies. */
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

/* ---- the events of a log */

struct log_read {
	struct arena *arena;
	int64_t since;
	const char *text; /* which each event has */
	void (*each)(struct log_read *r, const json_t *event);
	json_t *counts; /* of trials */
	struct audit_emergencies *emergencies;
};

static void log_read_line(struct log_read *r, const char *line, size_t length)
{
	struct arena *a = arena_open();
	json_t *event = NULL;

	if (js_parse(a, line, length, &event, NULL) &&
	    js_number(event, "at", 0) >= r->since)
		r->each(r, event);
	arena_close(a);
}

static void log_read_file(struct log_read *r, const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;

	while (in && (length = getline(&line, &capacity, in)) > 0)
		if (strstr(line, r->text))
			log_read_line(r, line, (size_t)length);
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

/* A municipality without a folder has had no access yet. */
static void log_read_folder(struct log_read *r, const char *folder)
{
	struct error ignored = { 0 };
	char **names = NULL;
	size_t count = 0;

	if (!file_list(r->arena, folder, ".jsonl", &names, &count, &ignored))
		return;
	for (size_t i = 0; i < count; i++)
		if (file_is_recent(names[i], r->since))
			log_read_file(r, arena_printf(r->arena, "%s/%s", folder,
			                              names[i]));
}

/* ---- trials */

static void trials_on_event(struct log_read *r, const json_t *event)
{
	const json_t *trials = js_array(event, "trials");

	for (size_t i = 0; i < json_array_size(trials); i++)
		trials_add(r->counts, json_array_get(trials, i));
}

json_t *audit_count_trials(struct arena *a, const char *folder, int64_t since)
{
	struct log_read r = { .arena = a,
		              .since = since,
		              .text = "\"trials\":[",
		              .each = trials_on_event,
		              .counts = js_own(a, json_object()) };

	log_read_folder(&r, folder);
	return r.counts;
}

/* ---- emergencies */

static const char *log_read_copy(const struct log_read *r, const json_t *from,
                                 const char *name)
{
	return arena_strdup(r->arena, js_string(from, name) ?: "");
}

static void emergencies_on_event(struct log_read *r, const json_t *event)
{
	struct audit_emergencies *found = r->emergencies;

	if (!js_true(event, "emergency"))
		return;
	found->last[found->total++ % LENGTH(found->last)] = (struct emergency){
		.at = js_number(event, "at", 0),
		.person = log_read_copy(r, js_object(event, "facts"), "person"),
		.affiliation = log_read_copy(r, event, "affiliation"),
		.service = log_read_copy(r, event, "service"),
		.receipt = log_read_copy(r, event, "code"),
	};
}

void audit_find_emergencies(struct arena *a, const char *folder, int64_t since,
                            struct audit_emergencies *ret)
{
	struct log_read r = { .arena = a,
		              .since = since,
		              .text = "\"emergency\":true",
		              .each = emergencies_on_event,
		              .emergencies = ret };

	*ret = (struct audit_emergencies){ 0 };
	log_read_folder(&r, folder);
}
