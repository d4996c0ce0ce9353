/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person_provenance.c: shows where the values of one person come from: source
 * entries, selected and overruled values, overrides, quarantine, last changes.
 * National numbers are never shown. */
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/control.h"
#include "sync/writer/decisions.h"
#include "sync/writer/state.h"

enum { LAST_LINES = 10 };

/* Shows the source entry of an affiliation. */
static void tell_source(const struct question *q, char **row)
{
	const struct record *record = record_read(q->arena, row[1], row[2]);

	answer_line(q, "source       %s is %s:%s  %s", row[0], row[1], row[2],
	            record ? record->dn : "(its entry is gone)");
	if (row[3])
		answer_line(q,
		            "  joined     before that it was %s, as which "
		            "services know it still",
		            row[3]);
	if (record && record->flaw)
		answer_line(q, "  number     cannot be right");
}

static void tell_decisions(const struct question *q, const char *subject)
{
	size_t count = 0;
	const struct decision *all = decisions_of(
	    q->arena, "join new out part release welcome accept grace", subject,
	    &count);

	for (size_t i = 0; i < count; i++)
		answer_line(q, "decided      %s %s by %s: %s",
		            clock_iso(q->arena, all[i].from), all[i].decides,
		            all[i].by, all[i].reason ? all[i].reason : "-");
}

static void tell_doubt(const struct question *q, char **row)
{
	char *reason = state_text(q->arena,
	                          "SELECT reason FROM quarantine"
	                          " WHERE directory = ?1 AND anchor = ?2",
	                          "tt", row[1], row[2]);

	if (reason)
		answer_line(q, "in doubt     %s:%s %s", row[1], row[2], reason);
}

/* ---- attribute precedence */

static const struct {
	const char *what;
	enum prefer by;
	const char *field;
} attributes[] = {
	{ "name", PREFER_NAME, "name" },
	{ "given name", PREFER_NAME, "given-name" },
	{ "family name", PREFER_NAME, "family-name" },
	{ "language", PREFER_LANGUAGE, "language" },
};

static void tell_attribute(const struct question *q, size_t which,
                           const struct record *const *live, size_t count)
{
	const struct record *one =
	    precede(q->region, attributes[which].by, live, count);
	const char *field = attributes[which].field;
	const char *said = one ? record_text(one, field) : NULL;

	if (said)
		answer_line(q, "%-12s \"%s\" from %s", attributes[which].what,
		            said, one->directory);
	for (size_t i = 0; i < count; i++) {
		const char *other = record_text(live[i], field);

		if (live[i] != one && other && !text_equal(other, said))
			answer_line(q, "  overruled  \"%s\" from %s", other,
			            live[i]->directory);
	}
}

static bool is_protected(const struct record *const *live, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (record_text(live[i], "protected"))
			return true;
	return false;
}

static void tell_attributes(const struct question *q, const char *person)
{
	size_t count = 0;
	const struct record *const *live =
	    plan_records(q->arena, q->region, person, &count);

	if (is_protected(live, count))
		return;
	for (size_t i = 0; i < LENGTH(attributes); i++)
		tell_attribute(q, i, live, count);
}

/* ---- the command */

static void tell_journal(const char *line, void *with)
{
	answer_line(with, "changed      %s", line);
}

bool control_person(const struct question *q, char **words, struct fault *why)
{
	size_t count = 0;
	char ***rows =
	    words[1] ? state_rows(q->arena, &count,
	                          "SELECT id, directory, anchor, person_before"
	                          " FROM affiliations WHERE person = ?1"
	                          " ORDER BY id",
	                          "t", words[1])
		     : NULL;

	if (count == 0)
		return fault(why, FAULT_INVALID, "sync knows nobody %s",
		             words[1] ? words[1] : "without an id");
	for (size_t i = 0; i < count; i++) {
		tell_source(q, rows[i]);
		tell_doubt(q, rows[i]);
		tell_decisions(
		    q, decision_subject(q->arena, rows[i][1], rows[i][2]));
		tell_decisions(q, rows[i][0]);
	}
	tell_decisions(q, words[1]);
	tell_attributes(q, words[1]);
	journal_last(words[1], LAST_LINES, tell_journal, (void *)q);
	return true;
}
