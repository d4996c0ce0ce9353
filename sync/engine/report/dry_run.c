/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dry_run.c: reports what a directory would change: the people it would
 * create or join, and the collisions.  Nothing is written. */
#include "sync/engine/report/reports.h"

#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/state.h"

enum { MAX_REPORTED = 20 }; /* lines per kind of collision; all are counted */

struct dry_run {
	const struct ipc_request *request;
	struct arena *arena; /* reset for each entry */
	const char *directory;
	/* value: "DIRECTORY:ANCHOR", of existing people */
	json_t *logins, *mails, *names;
	json_t *counts;   /* kind of line: count */
	json_t *joins;    /* municipality: count */
	json_t *reported; /* kind of collision: lines reported */
};

static void dry_run_count(json_t *counts, const char *what)
{
	json_int_t n = json_integer_value(json_object_get(counts, what));

	(void)json_object_set_new(counts, what, json_integer(n + 1));
}

/* existing: why, or the entry that has the value.  Both are hidden if either is
 * protected. */
static void dry_run_report_collision(struct dry_run *run, const char *what,
                                     const struct source_entry *entry,
                                     const char *value, const char *existing)
{
	struct arena *a = run->arena;
	json_int_t reported =
	    json_integer_value(json_object_get(run->reported, what));

	dry_run_count(run->counts, what);
	dry_run_count(run->reported, what);
	if (reported >= MAX_REPORTED)
		return;
	bool hides = report_entry_subject_is_protected(a, existing);
	const char *text =
	    report_entry_text(a, entry->directory, entry->anchor, &hides);

	ipc_reply_line(run->request, "%s: %s %s (%s)", what, text,
	               *value ? report_entry_value(hides, value) : "",
	               existing);
}

/* ---- existing affiliations */

static void dry_run_remember(json_t *known, const char *value,
                             const char *owner)
{
	if (value)
		(void)json_object_set_new(known, value, json_string(owner));
}

static void dry_run_load_existing(struct dry_run *run, struct arena *a)
{
	size_t found = 0;
	char ***rows = state_rows(
	    a, &found,
	    "SELECT directory || ':' || anchor,"
	    " json_extract(form, '$.portvaktMunicipality[0]'),"
	    " json_extract(form, '$.portvaktLogin[0]'),"
	    " json_extract(form, '$.mail[0]'), json_extract(form, '$.cn[0]')"
	    " FROM affiliations WHERE form IS NOT NULL AND directory <> ?1",
	    "t", run->directory);

	for (size_t i = 0; i < found; i++) {
		char **row = rows[i];

		if (row[2])
			dry_run_remember(
			    run->logins,
			    arena_printf(a, "%s@%s", row[2], row[1] ?: ""),
			    row[0]);
		dry_run_remember(run->mails,
		                 row[3] ? text_lower(a, row[3]) : NULL, row[0]);
		dry_run_remember(run->names, row[4], row[0]);
	}
}

/* ---- one entry of the directory */

static void dry_run_count_joins(struct dry_run *run,
                                const struct source_entry *entry)
{
	size_t found = 0;
	char ***rows = state_rows(
	    run->arena, &found,
	    "SELECT DISTINCT json_extract(f.form, '$.portvaktMunicipality[0]')"
	    " FROM people AS p JOIN affiliations AS f ON f.person = p.id"
	    " WHERE p.joins = ?1 AND f.directory <> ?2",
	    "tt", entry->join_value, entry->directory);

	if (found > 0)
		dry_run_count(run->counts, "would join an existing person");
	for (size_t i = 0; i < found; i++)
		dry_run_count(run->joins, rows[i][0] ?: "?");
}

static bool dry_run_is_duplicate(const struct source_entry *entry)
{
	return state_number("SELECT count(*) FROM records WHERE directory = ?1"
	                    " AND joins = ?2 AND anchor <> ?3",
	                    "ttt", entry->directory, entry->join_value,
	                    entry->anchor) > 0;
}

static void dry_run_check_number(struct dry_run *run,
                                 const struct source_entry *entry,
                                 const struct classification *s)
{
	if (entry->national_id_error)
		dry_run_report_collision(run, "invalid national number", entry,
		                         "", entry->national_id_error);
	if (!s->joins_by_national_id || !entry->join_value)
		dry_run_count(run->counts, "without a number to join by");
	else if (dry_run_is_duplicate(entry))
		dry_run_report_collision(run, "duplicate national number",
		                         entry, "", "in this directory");
	else
		dry_run_count_joins(run, entry);
}

static void dry_run_check_entry(struct dry_run *run,
                                const struct source_entry *entry,
                                const struct classification *s)
{
	struct arena *a = run->arena;
	const char *login = source_entry_value(entry, "login");
	const char *mail = source_entry_value(entry, "mail");
	const char *name = source_entry_value(entry, "name");
	const char *owner;

	dry_run_count(run->counts, arena_printf(a, "%s of %s",
	                                        affiliation_type_name(s->kind),
	                                        s->municipality->name));
	dry_run_check_number(run, entry, s);
	owner = login ? js_string(run->logins,
	                          arena_printf(a, "%s@%s", text_lower(a, login),
	                                       s->municipality->name))
	              : NULL;
	if (owner)
		dry_run_report_collision(run, "login name taken", entry, login,
		                         owner);
	owner = mail ? js_string(run->mails, text_lower(a, mail)) : NULL;
	if (owner)
		dry_run_report_collision(run, "mail of another person", entry,
		                         mail, owner);
	owner = name ? js_string(run->names, name) : NULL;
	if (owner)
		dry_run_count(run->counts, "with the name of another person");
}

static void dry_run_check_all(struct dry_run *run, const struct config *cfg,
                              struct arena *a)
{
	size_t found = 0;
	char ***rows = state_rows(a, &found,
	                          "SELECT anchor FROM records WHERE"
	                          " directory = ?1 AND class = 'person'"
	                          " ORDER BY anchor",
	                          "t", run->directory);

	for (size_t i = 0; i < found; i++) {
		run->arena = arena_open();
		const struct source_entry *entry =
		    source_entry_load(run->arena, run->directory, rows[i][0]);
		struct classification s;

		dry_run_count(run->counts, "entries");
		if (source_entry_classify(run->arena, cfg, entry, &s))
			dry_run_check_entry(run, entry, &s);
		else
			dry_run_count(run->counts, "not in any municipality");
		arena_close(run->arena);
	}
}

static void dry_run_report_counts(const struct dry_run *run)
{
	const char *what;
	json_t *n;

	json_object_foreach(run->counts, what, n)
	{
		ipc_reply_line(run->request, "%lld %s",
		               (long long)json_integer_value(n), what);
	}
	json_object_foreach(run->joins, what, n)
	{
		ipc_reply_line(run->request,
		               "%lld would join an existing person of %s",
		               (long long)json_integer_value(n), what);
	}
}

static void dry_run_report_rest(const struct dry_run *run)
{
	const char *what;
	json_t *n;

	json_object_foreach(run->reported, what, n)
	{
		list_report_rest(run->request, what, MAX_REPORTED,
		                 (size_t)json_integer_value(n),
		                 "correct these first");
	}
}

bool dry_run_report(const struct ipc_request *q, char **argv, struct error *err)
{
	struct arena *a = q->arena;
	struct dry_run run = { .request = q, .directory = argv[1] };

	if (!argv[1] || !config_directory(q->cfg, argv[1]))
		return error_set(err, ERROR_INVALID,
		                 "unknown or missing directory");
	if (!source_is_complete(argv[1]))
		return error_set(err, ERROR_INVALID,
		                 "%s has had no full synchronisation yet",
		                 argv[1]);
	run.logins = js_own(a, json_object());
	run.mails = js_own(a, json_object());
	run.names = js_own(a, json_object());
	run.counts = js_own(a, json_object());
	run.joins = js_own(a, json_object());
	run.reported = js_own(a, json_object());
	dry_run_load_existing(&run, a);
	dry_run_check_all(&run, q->cfg, a);
	dry_run_report_rest(&run);
	dry_run_report_counts(&run);
	return true;
}
