/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person_provenance.c: shows where the values of one person come from: source
 * entries, selected and overruled values, overrides, quarantine, last changes.
 * National numbers are never shown, nor names and DNs of protected people. */
#include "sync/engine/report/reports.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/change_log.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/provision/reconcile_plan.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"
#include "sync/engine/target/attribute_precedence.h"

enum { LAST_LINES = 10 };

/* Why an affiliation is suspended: an operator, the directory, or the rules. */
static const char *provenance_why_suspended(const struct ipc_request *q,
                                            char **row,
                                            const struct source_entry *entry)
{
	struct arena *a = q->arena;
	struct classification s;

	if (source_entry_is_excluded(a, row[1], row[2]))
		return "an operator excluded it";
	if (!entry)
		return "its entry is gone";
	if (!source_entry_classify(a, q->cfg, entry, &s))
		return "no rule in people { } selects it";
	const char *why = source_entry_why_disabled(a, entry, clock_now());

	return why ? why : "it was held or waits to be written";
}

static void provenance_show_suspension(const struct ipc_request *q, char **row,
                                       const struct source_entry *entry)
{
	char *since = state_text(q->arena,
	                         "SELECT suspended FROM affiliations"
	                         " WHERE id = ?1 AND status = 'suspended'",
	                         "t", row[0]);
	long long when = 0;

	if (since && text_to_number(since, 0, INT64_MAX, &when))
		ipc_reply_line(q, "  suspended  since %s: %s",
		               clock_format_iso(q->arena, when),
		               provenance_why_suspended(q, row, entry));
}

/* Shows the source entry of an affiliation.  row: affiliation, directory,
 * anchor, person before. */
static void provenance_show_source(const struct ipc_request *q, char **row)
{
	const struct source_entry *entry =
	    source_entry_load(q->arena, row[1], row[2]);
	const char *text = report_entry_text(q->arena, row[1], row[2], NULL);

	ipc_reply_line(q, "source       %s is %s", row[0], text);
	if (row[3])
		ipc_reply_line(q,
		               "  merged     formerly %s, the id that services "
		               "still receive",
		               row[3]);
	if (entry && entry->national_id_error)
		ipc_reply_line(q, "  number     invalid");
	provenance_show_suspension(q, row, entry);
	not_taken_show(q, row[1], row[2], text);
}

/* portvaktDecides, and the command that writes it. */
static const struct {
	const char *kind, *command;
} provenance_kinds[] = {
	{ "join", "merge" },
	{ "new", "separate" },
	{ "out", "ignore" },
	{ "part", "split" },
	{ "release", "approve deactivations" },
	{ "welcome", "approve creations" },
	{ "accept", "approve" },
};

static const char *provenance_command_name(const char *kind)
{
	for (size_t i = 0; i < LENGTH(provenance_kinds); i++)
		if (text_equal(provenance_kinds[i].kind, kind))
			return provenance_kinds[i].command;
	return kind;
}

static void provenance_show_overrides(const struct ipc_request *q,
                                      const char *subject)
{
	size_t count = 0;
	const struct sync_override *all = overrides_list(
	    q->arena, "join new out part release welcome accept grace", subject,
	    &count);

	for (size_t i = 0; i < count; i++)
		ipc_reply_line(q, "decided      %s %s by %s: %s",
		               clock_format_iso(q->arena, all[i].from),
		               provenance_command_name(all[i].action),
		               all[i].by, all[i].reason ? all[i].reason : "-");
}

static void provenance_show_quarantine(const struct ipc_request *q, char **row)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT reason, other FROM quarantine"
	               " WHERE directory = ?1 AND anchor = ?2 ORDER BY area",
	               "tt", row[1], row[2]);

	for (size_t i = 0; i < count; i++)
		ipc_reply_line(q, "quarantined  %s:%s %s%s%s", row[1], row[2],
		               rows[i][0], rows[i][1] ? ", the other is " : "",
		               rows[i][1] ?: "");
}

/* ---- attribute precedence */

static const struct {
	const char *what;
	enum config_precedence by;
	const char *field;
} merged_attributes[] = {
	{ "name", PRECEDENCE_NAME, "name" },
	{ "given name", PRECEDENCE_NAME, "given-name" },
	{ "family name", PRECEDENCE_NAME, "family-name" },
	{ "language", PRECEDENCE_LANGUAGE, "language" },
};

static void provenance_show_attribute(const struct ipc_request *q, size_t index,
                                      const struct source_entry *const *live,
                                      size_t count)
{
	const struct source_entry *selected = attribute_precedence_select(
	    q->cfg, merged_attributes[index].by, live, count);
	const char *field = merged_attributes[index].field;
	const char *value =
	    selected ? source_entry_value(selected, field) : NULL;

	if (value)
		ipc_reply_line(q, "%-12s \"%s\" from %s",
		               merged_attributes[index].what, value,
		               selected->directory);
	for (size_t i = 0; i < count; i++) {
		const char *other = source_entry_value(live[i], field);

		if (live[i] != selected && other && !text_equal(other, value))
			ipc_reply_line(q, "  overruled  \"%s\" from %s", other,
			               live[i]->directory);
	}
}

static void provenance_show_attributes(const struct ipc_request *q,
                                       const char *person)
{
	size_t count = 0;

	if (report_entry_person_is_protected(q->arena, person))
		return;
	const struct source_entry *const *live =
	    plan_source_entries(q->arena, q->cfg, person, &count);

	for (size_t i = 0; i < LENGTH(merged_attributes); i++)
		provenance_show_attribute(q, i, live, count);
}

/* ---- the command */

static void provenance_show_change(const char *line, void *data)
{
	ipc_reply_line(data, "changed      %s", line);
}

bool provenance_command(const struct ipc_request *q, char **argv,
                        struct error *err)
{
	size_t count = 0;
	char ***rows =
	    argv[1] ? state_rows(q->arena, &count,
	                         "SELECT id, directory, anchor, person_before"
	                         " FROM affiliations WHERE person = ?1"
	                         " ORDER BY id",
	                         "t", argv[1])
		    : NULL;

	if (count == 0)
		return error_set(err, ERROR_INVALID, "unknown person %s",
		                 argv[1] ? argv[1] : "without an id");
	for (size_t i = 0; i < count; i++) {
		provenance_show_source(q, rows[i]);
		provenance_show_quarantine(q, rows[i]);
		provenance_show_overrides(
		    q, overrides_subject(q->arena, rows[i][1], rows[i][2]));
		provenance_show_overrides(q, rows[i][0]);
	}
	provenance_show_overrides(q, argv[1]);
	provenance_show_attributes(q, argv[1]);
	if (change_log_last(argv[1], LAST_LINES, provenance_show_change,
	                    (void *)q))
		ipc_reply_line(q, "  earlier    older changes are not listed");
	return true;
}
