/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine_report.c: lists entries in quarantine: the entry, the reason,
 * since when, and the possible overrides.  National numbers are never shown:
 * that two are equal is enough; nor is who has a protected address. */
#include "sync/engine/report/reports.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/correlation/name_conflict.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"

enum { MAX_CANDIDATES = 20 }; /* compared side by side */

static const struct {
	const char *reason, *description, *options;
} quarantine_reasons[] = {
	{ "national-id-invalid",
	  "its national number is invalid; the entry is not joined with other "
	  "entries",
	  "correct it in the directory" },
	{ "same-number-twice",
	  "another entry of its municipality has the same national number",
	  "correct one in the directory, or merge PERSON | separate | ignore" },
	{ "join-value-of-several", "several people have its national number",
	  "merge PERSON | separate | ignore" },
	{ "join-value-of-another",
	  "its national number belongs to another person, with another name or "
	  "known earlier; it is a person of its own",
	  "merge PERSON | separate | ignore" },
	{ "late-number",
	  "it got its national number late, and a person of the same name has "
	  "that number",
	  "link accept-late for all of them, or merge PERSON" },
	{ "join-value-changed",
	  "its national number changed, and another entry of the same person "
	  "has the former one",
	  "correct the other entry, or separate, or person split" },
	{ "name-changed",
	  "its name agrees no longer with those of its person's entries of "
	  "other municipalities",
	  "correct it in the directory, or merge PERSON | separate" },
	{ "numbers-swapped",
	  "its national number and another person's were exchanged",
	  "correct both in the directory, or merge each with its own person" },
	{ "login-name-taken",
	  "its login name was used by another person at Feide; the person is "
	  "not published in the Feide tree",
	  "give it another login name in the directory" },
	{ "login-name-of-leaver",
	  "a former person had its login name, and no other value shows "
	  "whether they are the same",
	  "merge PERSON | separate | ignore" },
	{ "date-unreadable",
	  "a date cannot be read, and the person is suspended until it can",
	  "correct it in the directory: YYYY-MM-DD, d.m.yyyy, or the format of "
	  "its map" },
	{ "login-name-in-use",
	  "another entry of its directory or municipality has its login name; "
	  "a new entry waits, and one that is known keeps its former login "
	  "name",
	  "give one of them another login name in the directory" },
	{ "mail-in-use",
	  "another entry of its directory or municipality has its mail "
	  "address; a new entry waits, and one that is known keeps its former "
	  "address",
	  "give one of them another address in the directory, or shared-mail "
	  "yes in the configuration" },
	{ "login-name-held", "another person gave up its login name recently",
	  "wait, give it another login name in the directory, or merge PERSON "
	  "| separate" },
	{ "mail-held", "another person gave up its mail address recently",
	  "wait, give it another address in the directory, or merge PERSON | "
	  "separate" },
	{ "catalogue-refuses", "the catalogue rejects one of its values",
	  "correct it in the directory" },
};

const char *quarantine_description(const char *reason)
{
	for (size_t i = 0; i < LENGTH(quarantine_reasons); i++)
		if (text_equal(quarantine_reasons[i].reason, reason))
			return quarantine_reasons[i].description;
	return reason;
}

const char *quarantine_options(const char *reason)
{
	for (size_t i = 0; i < LENGTH(quarantine_reasons); i++)
		if (text_equal(quarantine_reasons[i].reason, reason))
			return quarantine_reasons[i].options;
	return "merge PERSON | separate | ignore";
}

static const char *quarantine_since(struct arena *a, const char *at)
{
	long long when = 0;

	if (!at || !text_to_number(at, 0, INT64_MAX, &when))
		return "-";
	return clock_format_iso(a, when);
}

/* Until when a name is held. */
static void quarantine_show_hold(const struct ipc_request *q,
                                 const struct source_entry *entry)
{
	struct classification s;

	if (!source_entry_classify(q->arena, q->cfg, entry, &s))
		return;
	struct name_claim c = name_conflict_claim(q->arena, q->cfg, entry, &s);
	for (enum name_kind kind = 0; kind < NAME_KINDS; kind++) {
		struct name_conflict found;

		if (name_conflict_find(&c, kind, &found) && found.until > 0)
			ipc_reply_line(
			    q, "  %s: held for the former holder until %s",
			    name_fields[kind],
			    clock_format_iso(q->arena, found.until));
	}
}

static void quarantine_show_row(const struct ipc_request *q, char **row)
{
	const struct source_entry *entry =
	    source_entry_load(q->arena, row[0], row[1]);
	bool hides = false;

	ipc_reply_line(q, "%s",
	               report_entry_text(q->arena, row[0], row[1], &hides));
	ipc_reply_line(q, "  since %s: %s (%s)",
	               quarantine_since(q->arena, row[3]),
	               quarantine_description(row[2]), row[2]);
	if (text_equal(row[2], "date-unreadable") && entry)
		ipc_reply_line(q, "  date: %s",
		               source_entry_unreadable_date(entry) ?: "-");
	if (row[4])
		ipc_reply_line(
		    q, "  the other is %s",
		    report_entry_subject_text(q->arena, row[4], &hides));
	if (entry && text_ends(row[2], "-held"))
		quarantine_show_hold(q, entry);
	ipc_reply_line(q, "  options: %s", quarantine_options(row[2]));
}

static bool quarantine_list(const struct ipc_request *q)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT directory, anchor, reason, since, other"
	               " FROM quarantine ORDER BY since, directory, anchor",
	               "");

	for (size_t i = 0; i < count; i++)
		quarantine_show_row(q, rows[i]);
	ipc_reply_line(q, "%zu in quarantine", count);
	return true;
}

/* ---- side by side */

struct side {
	const char *head;
	const char *values[8];
};

static const struct {
	const char *label;
	bool identifies; /* hidden of a protected person */
} side_rows[] = {
	{ "name", true }, { "kind", false },  { "login", true },
	{ "mail", true }, { "title", true },  { "employee", true },
	{ "unit", true }, { "entry", false },
};

static const char *quarantine_field(const struct source_entry *entry,
                                    const char *name)
{
	return source_entry_value(entry, name) ?: "-";
}

static const char *quarantine_name(struct arena *a,
                                   const struct source_entry *entry)
{
	const char *name = source_entry_value(entry, "name");

	return name ? name
	            : arena_printf(a, "%s %s",
	                           quarantine_field(entry, "given-name"),
	                           quarantine_field(entry, "family-name"));
}

static const char *quarantine_kind(const struct ipc_request *q,
                                   const struct source_entry *entry)
{
	struct classification s;

	if (!source_entry_classify(q->arena, q->cfg, entry, &s))
		return "not in any municipality";
	return arena_printf(q->arena, "%s in %s", affiliation_type_name(s.kind),
	                    s.municipality->name);
}

static struct side quarantine_hide(struct side side, bool hides)
{
	for (size_t i = 0; i < LENGTH(side_rows); i++)
		side.values[i] = report_entry_value(
		    hides && side_rows[i].identifies, side.values[i]);
	return side;
}

static struct side quarantine_side(const struct ipc_request *q,
                                   const char *head,
                                   const struct source_entry *entry, bool hides)
{
	const struct side side = {
		.head = head,
		.values = { quarantine_name(q->arena, entry),
		            quarantine_kind(q, entry),
		            quarantine_field(entry, "login"),
		            quarantine_field(entry, "mail"),
		            quarantine_field(entry, "title"),
		            quarantine_field(entry, "employee-number"),
		            quarantine_field(entry, "unit"),
		            report_entry_text(q->arena, entry->directory,
		                              entry->anchor, &hides) },
	};

	return quarantine_hide(side, hides);
}

static void quarantine_show_sides(const struct ipc_request *q,
                                  const struct side *one,
                                  const struct side *other)
{
	ipc_reply_line(q, "%-9s %-38s %s", "", one->head, other->head);
	for (size_t i = 0; i < LENGTH(side_rows); i++)
		ipc_reply_line(q, "%-9s %-38s %s", side_rows[i].label,
		               one->values[i], other->values[i]);
	ipc_reply_line(q, "%s", "");
}

/* Other entries with the same join value, and those of people who had its join
 * value or login name. */
static char ***quarantine_candidates(const struct ipc_request *q,
                                     const struct source_entry *entry,
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
	    " ORDER BY 3, 1, 2",
	    "tttt", entry->join_value, entry->directory, entry->anchor,
	    text_lower(q->arena, quarantine_field(entry, "login")));
}

/* For a deleted entry, the values of the catalogue.  row: directory, anchor,
 * person, attributes. */
static struct side quarantine_side_of_deleted(const struct ipc_request *q,
                                              const char *head, char **row,
                                              bool hides)
{
	const json_t *attrs = entry_json_parse(q->arena, row[3]);
	const struct side side = {
		.head = head,
		.values = { entry_json_value(attrs, "cn"),
		            arena_printf(
				q->arena, "%s in %s",
				entry_json_value(attrs, "portvaktKind") ?: "-",
				entry_json_value(attrs, "portvaktMunicipality")
				    ?: "-"),
		            entry_json_value(attrs, "portvaktLogin"),
		            entry_json_value(attrs, "mail"),
		            entry_json_value(attrs, "title"),
		            entry_json_value(attrs, "employeeNumber"),
		            entry_json_value(attrs, "portvaktUnit"),
		            report_entry_text(q->arena, row[0], row[1],
		                              &hides) },
	};

	return quarantine_hide(side, hides);
}

/* Both are hidden if either is protected: what they have in common is why they
 * are compared. */
static void quarantine_show_candidate(const struct ipc_request *q,
                                      const char *subject,
                                      const struct source_entry *own,
                                      char **row)
{
	const struct source_entry *entry =
	    source_entry_load(q->arena, row[0], row[1]);
	const char *head = row[2]
	                       ? arena_printf(q->arena, "person %s", row[2])
	                       : arena_printf(q->arena, "%s:%s, no person yet",
	                                      row[0], row[1]);
	bool hides =
	    report_entry_is_protected(q->arena, own->directory, own->anchor) ||
	    report_entry_is_protected(q->arena, row[0], row[1]);
	struct side one = quarantine_side(q, subject, own, hides);
	struct side other =
	    entry ? quarantine_side(q, head, entry, hides)
		  : quarantine_side_of_deleted(q, head, row, hides);

	quarantine_show_sides(q, &one, &other);
}

static void quarantine_show_alone(const struct ipc_request *q,
                                  const char *subject,
                                  const struct source_entry *entry)
{
	bool hides = report_entry_is_protected(q->arena, entry->directory,
	                                       entry->anchor);
	struct side own = quarantine_side(q, subject, entry, hides);
	struct side none = { .head = "no other entry" };

	none = quarantine_hide(none, false);
	quarantine_show_sides(q, &own, &none);
}

static bool quarantine_show(const struct ipc_request *q, const char *subject,
                            struct error *err)
{
	const char *directory = NULL;
	const char *anchor = NULL;
	const struct source_entry *entry =
	    overrides_split_subject(q->arena, subject, &directory, &anchor)
		? source_entry_load(q->arena, directory, anchor)
		: NULL;
	size_t count = 0;

	if (!entry)
		return error_set(err, ERROR_INVALID, "unknown entry %s",
		                 subject);
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT directory, anchor, reason, since,"
	                          " other FROM quarantine WHERE directory = ?1"
	                          " AND anchor = ?2",
	                          "tt", directory, anchor);
	for (size_t i = 0; i < count; i++)
		quarantine_show_row(q, rows[i]);
	rows = quarantine_candidates(q, entry, &count);
	size_t listed = count < MAX_CANDIDATES ? count : MAX_CANDIDATES;
	for (size_t i = 0; i < listed; i++)
		quarantine_show_candidate(q, subject, entry, rows[i]);
	list_report_rest(q, "compared", listed, count,
	                 "the others have the same number or login name, too");
	if (count == 0)
		quarantine_show_alone(q, subject, entry);
	return true;
}

/* ---- late numbers */

/* row: anchor, and the person with its number: id and name. */
static void quarantine_show_late(const struct ipc_request *q,
                                 const char *directory, char **row)
{
	struct arena *a = q->arena;
	const struct source_entry *entry =
	    source_entry_load(a, directory, row[0]);
	bool hides = report_entry_is_protected(a, directory, row[0]);
	json_t *line = js_own(a, json_object());

	(void)json_object_set_new(line, "v", json_integer(1));
	js_set_string(line, "entry",
	              arena_printf(a, "%s:%s", directory, row[0]));
	js_set_string(line, "person", row[1]);
	if (entry && !hides)
		js_set_string(line, "name", quarantine_name(a, entry));
	js_set_string(line, "other_name", hides ? NULL : row[2]);
	ipc_reply_line(q, "%s", js_dump(a, line));
}

static bool quarantine_late(const struct ipc_request *q, const char *directory)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT r.anchor, p.id,"
	               " json_extract(p.form, '$.cn[0]')"
	               " FROM quarantine AS d JOIN records AS r"
	               " ON r.directory = d.directory AND r.anchor = d.anchor"
	               " JOIN people AS p ON p.joins = r.joins"
	               " WHERE d.directory = ?1 AND d.reason = 'late-number'"
	               " ORDER BY r.anchor",
	               "t", directory);

	for (size_t i = 0; i < count; i++)
		quarantine_show_late(q, directory, rows[i]);
	return true;
}

bool quarantine_command(const struct ipc_request *q, char **argv,
                        struct error *err)
{
	if (!argv[1] || text_equal(argv[1], "list"))
		return quarantine_list(q);
	if (text_equal(argv[1], "show") && argv[2])
		return quarantine_show(q, argv[2], err);
	if (text_equal(argv[1], "late") && argv[2])
		return quarantine_late(q, argv[2]);
	return error_set(
	    err, ERROR_INVALID,
	    "usage: quarantine [list] | show ENTRY | late DIRECTORY");
}
