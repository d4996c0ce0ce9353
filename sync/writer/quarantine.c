/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine.c: lists entries in quarantine: the entry, the reason, since
 * when, and the possible overrides.  National numbers are never shown: that
 * two are equal is enough. */
#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"
#include "sync/writer/control.h"
#include "sync/writer/decisions.h"
#include "sync/writer/state.h"

static const struct {
	const char *reason, *words, *may;
} reasons[] = {
	{ "national-id-invalid",
	  "its national number cannot be right; it is let in and joined to "
	  "nobody",
	  "correct it in the directory" },
	{ "same-number-twice",
	  "another entry of its municipality has the same national number",
	  "correct one in the directory, or join PERSON | new | out" },
	{ "join-value-of-several", "several people have its national number",
	  "join PERSON | new | out" },
	{ "join-value-of-another",
	  "its national number is somebody else's, who is called otherwise or "
	  "was known before",
	  "join PERSON | new | out" },
	{ "join-value-changed",
	  "its national number changed, and another entry of the same person "
	  "has the former one",
	  "correct the other entry, or new | part" },
	{ "numbers-swapped",
	  "it has the national number that another person had, who has its "
	  "former one",
	  "correct both in the directory, or join each to itself" },
	{ "login-name-taken",
	  "its login name was another's at Feide once; it is let in, and kept "
	  "out of Feide's tree",
	  "give it another login name in the directory" },
	{ "login-name-of-leaver",
	  "somebody who left had its login name, and nothing else tells "
	  "whether "
	  "they are the same",
	  "join PERSON | new | out" },
	{ "catalogue-refuses", "the catalogue refuses a value of it",
	  "correct it in the directory" },
};

static const char *words_for(const char *reason)
{
	for (size_t i = 0; i < LENGTH(reasons); i++)
		if (text_equal(reasons[i].reason, reason))
			return reasons[i].words;
	return reason;
}

static const char *may_decide(const char *reason)
{
	for (size_t i = 0; i < LENGTH(reasons); i++)
		if (text_equal(reasons[i].reason, reason))
			return reasons[i].may;
	return "join PERSON | new | out";
}

static const char *since(struct arena *a, const char *at)
{
	long long when = 0;

	if (!at || !text_to_number(at, 0, INT64_MAX, &when))
		return "-";
	return clock_iso(a, when);
}

static void tell_row(const struct question *q, char **row)
{
	const struct record *record = record_read(q->arena, row[0], row[1]);

	answer_line(q, "%s:%s  %s", row[0], row[1],
	            record ? record->dn : "(its entry is gone)");
	answer_line(q, "  since %s: %s (%s)", since(q->arena, row[3]),
	            words_for(row[2]), row[2]);
	answer_line(q, "  may be decided: %s", may_decide(row[2]));
}

static bool tell_all(const struct question *q)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT directory, anchor, reason, since"
	               " FROM quarantine ORDER BY since, directory, anchor",
	               "");

	for (size_t i = 0; i < count; i++)
		tell_row(q, rows[i]);
	answer_line(q, "%zu in doubt", count);
	return true;
}

/* ---- side by side */

struct side {
	const char *head;
	const char *values[8];
};

static const char *const rows_of_sides[] = { "name", "is",    "login",
	                                     "mail", "title", "employee",
	                                     "unit", "entry" };

static const char *field(const struct record *record, const char *name)
{
	const char *text = record_text(record, name);

	return text ? text : "-";
}

static const char *name_of(struct arena *a, const struct record *record)
{
	const char *name = record_text(record, "name");

	if (record_text(record, "protected"))
		return "(protected)";
	return name ? name
	            : arena_print(a, "%s %s", field(record, "given-name"),
	                          field(record, "family-name"));
}

static const char *what_is(const struct question *q,
                           const struct record *record)
{
	struct shape s;

	if (!record_shape(q->arena, q->region, record, &s))
		return "nobody of ours";
	return arena_print(q->arena, "%s in %s", kind_name(s.kind),
	                   s.municipality->name);
}

static struct side side_of(const struct question *q, const char *head,
                           const struct record *record)
{
	bool hidden = record_text(record, "protected") != NULL;

	return (struct side){
		.head = head,
		.values = { name_of(q->arena, record), what_is(q, record),
		            field(record, "login"),
		            hidden ? "-" : field(record, "mail"),
		            field(record, "title"),
		            field(record, "employee-number"),
		            hidden ? "-" : field(record, "unit"),
		            arena_print(q->arena, "%s %s", record->directory,
		                        record->dn) },
	};
}

static void tell_sides(const struct question *q, const struct side *one,
                       const struct side *other)
{
	enum { ROWS = LENGTH(rows_of_sides) };

	answer_line(q, "%-9s %-38s %s", "", one->head, other->head);
	for (size_t i = 0; i < ROWS; i++)
		answer_line(q, "%-9s %-38s %s", rows_of_sides[i],
		            one->values[i], other->values[i]);
	answer_line(q, "%s", "");
}

/* Other entries with the same join value, and those of people who had its join
 * value or login name. */
static char ***candidates(const struct question *q, const struct record *record,
                          size_t *ret_count)
{
	return state_rows(
	    q->arena, ret_count,
	    "SELECT r.directory, r.anchor, f.person, f.form FROM records AS r"
	    " LEFT JOIN affiliations AS f ON f.directory = r.directory"
	    " AND f.anchor = r.anchor WHERE r.joins = ?1"
	    " AND NOT (r.directory = ?2 AND r.anchor = ?3)"
	    " UNION SELECT f.directory, f.anchor, f.person, f.form"
	    " FROM affiliations AS f WHERE NOT (f.directory = ?2"
	    " AND f.anchor = ?3) AND (f.person IN"
	    " (SELECT id FROM people WHERE joins = ?1)"
	    " OR (f.directory = ?2 AND"
	    " json_extract(f.form, '$.portvaktLogin[0]') = ?4))"
	    " ORDER BY 3, 1, 2 LIMIT 20",
	    "tttt", record->joins, record->directory, record->anchor,
	    text_lower(q->arena, field(record, "login")));
}

static const char *form_field(const json_t *form, const char *name)
{
	const char *text = form_text(form, name);

	return text ? text : "-";
}

/* For a deleted entry, the values of the catalogue. */
static struct side side_of_gone(const struct question *q, const char *head,
                                const char *text)
{
	json_t *form = NULL;

	if (!text || !js_read(q->arena, text, strlen(text), &form, NULL))
		form = js_keep(q->arena, json_object());
	return (struct side){
		.head = head,
		.values = { form_field(form, "cn"),
		            arena_print(
				q->arena, "%s in %s",
				form_field(form, "portvaktKind"),
				form_field(form, "portvaktMunicipality")),
		            form_field(form, "portvaktLogin"),
		            form_field(form, "mail"), form_field(form, "title"),
		            form_field(form, "employeeNumber"),
		            form_field(form, "portvaktUnit"),
		            "(its entry is gone)" },
	};
}

static void tell_candidate(const struct question *q, const struct side *own,
                           char **row)
{
	const struct record *record = record_read(q->arena, row[0], row[1]);
	const char *head =
	    row[2] ? arena_print(q->arena, "person %s", row[2])
		   : arena_print(q->arena, "%s:%s, nobody yet", row[0], row[1]);
	struct side other =
	    record ? side_of(q, head, record) : side_of_gone(q, head, row[3]);

	tell_sides(q, own, &other);
}

static bool tell_one(const struct question *q, const char *subject,
                     struct fault *why)
{
	const char *colon = strchr(subject, ':');
	char *directory =
	    colon ? arena_bytes(q->arena, subject, (size_t)(colon - subject))
		  : NULL;
	const struct record *record =
	    colon ? record_read(q->arena, directory, colon + 1) : NULL;
	size_t count = 0;

	if (!record)
		return fault(why, FAULT_INVALID, "no directory has an entry %s",
		             subject);
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT directory, anchor, reason, since"
	                          " FROM quarantine WHERE directory = ?1"
	                          " AND anchor = ?2",
	                          "tt", directory, colon + 1);
	for (size_t i = 0; i < count; i++)
		tell_row(q, rows[i]);
	struct side own = side_of(q, subject, record);
	rows = candidates(q, record, &count);
	for (size_t i = 0; i < count; i++)
		tell_candidate(q, &own, rows[i]);
	if (count == 0)
		tell_sides(q, &own,
		           &(struct side){ .head = "nobody else",
		                           .values = { "-", "-", "-", "-", "-",
		                                       "-", "-", "-" } });
	return true;
}

bool control_quarantine(const struct question *q, char **words,
                        struct fault *why)
{
	if (!words[1] || text_equal(words[1], "list"))
		return tell_all(q);
	if (text_equal(words[1], "show") && words[2])
		return tell_one(q, words[2], why);
	return fault(why, FAULT_INVALID,
	             "sync is asked quarantine list, or quarantine show "
	             "DIRECTORY:ANCHOR");
}
