/* SPDX-License-Identifier: AGPL-3.0-or-later
 * link_report.c: `sync links`: people with affiliations in more than one
 * municipality, when they were joined and when that was proved, one JSON object
 * per line (docs/decisions/0017). */
#include "sync/engine/report/reports.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/state/state.h"

enum { DEFAULT_SECONDS = 24 * 60 * 60 };

/* One affiliation of a person. */
struct linked_affiliation {
	const char *id, *directory, *anchor;
	const json_t *attrs;
	int64_t made;
};

struct link_report {
	const struct ipc_request *q;
	const char *place; /* a directory or municipality; NULL: all */
	int64_t since;
};

static const char *link_municipality(const struct linked_affiliation *f)
{
	return entry_json_value(f->attrs, "portvaktMunicipality");
}

/* ---- one person */

static int64_t link_later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

/* Returns when the municipality of f had its first affiliation of the person.
 */
static int64_t link_first_in_municipality(const struct linked_affiliation *f,
                                          const struct linked_affiliation *all,
                                          size_t count)
{
	int64_t first = f->made;

	for (size_t i = 0; i < count; i++)
		if (text_equal(link_municipality(&all[i]),
		               link_municipality(f)) &&
		    all[i].made < first)
			first = all[i].made;
	return first;
}

/* By the last municipality that came, or by the latest override. */
static int64_t link_joined_at(struct arena *a,
                              const struct linked_affiliation *all,
                              size_t count)
{
	int64_t joined = 0;

	for (size_t i = 0; i < count; i++) {
		joined = link_later(
		    joined, link_first_in_municipality(&all[i], all, count));
		joined = link_later(
		    joined,
		    state_number(
			"SELECT max(at) FROM decided"
			" WHERE subject = ?1 AND decides = 'join'",
			"t",
			overrides_subject(a, all[i].directory, all[i].anchor)));
	}
	return joined;
}

static int64_t link_proved_at(const struct linked_affiliation *all,
                              size_t count)
{
	int64_t proved = 0;

	for (size_t i = 0; i < count; i++)
		if (js_array(all[i].attrs, "portvaktProvedLink"))
			proved = link_later(
			    proved, state_number("SELECT max(at) FROM decided"
			                         " WHERE subject = ?1"
			                         " AND decides = 'link'",
			                         "t", all[i].id));
	return proved;
}

static bool link_is_across(const struct linked_affiliation *all, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!text_equal(link_municipality(&all[i]),
		                link_municipality(&all[0])))
			return true;
	return false;
}

static bool link_is_of_place(const struct link_report *r,
                             const struct linked_affiliation *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!r->place || text_equal(r->place, all[i].directory) ||
		    text_equal(r->place, link_municipality(&all[i])))
			return true;
	return false;
}

static json_t *link_affiliation_json(struct arena *a,
                                     const struct linked_affiliation *f,
                                     bool is_protected)
{
	json_t *out = json_object();

	js_set_string(out, "id", f->id);
	js_set_string(out, "municipality", link_municipality(f));
	js_set_string(out, "kind", entry_json_value(f->attrs, "portvaktKind"));
	js_set_string(out, "name",
	              is_protected ? NULL : entry_json_value(f->attrs, "cn"));
	js_set_string(out, "entry",
	              overrides_subject(a, f->directory, f->anchor));
	return out;
}

static void link_show_person(const struct link_report *r, const char *person,
                             const struct linked_affiliation *all, size_t count)
{
	struct arena *a = r->q->arena;
	int64_t joined = link_joined_at(a, all, count);
	int64_t proved = link_proved_at(all, count);

	if (joined < r->since && proved < r->since)
		return;
	bool is_protected = report_entry_person_is_protected(a, person);
	json_t *out = js_own(a, json_object());
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
		    list, link_affiliation_json(a, &all[i], is_protected));
	(void)json_object_set_new(out, "v", json_integer(1));
	js_set_string(out, "person", person);
	(void)json_object_set_new(out, "affiliations", list);
	(void)json_object_set_new(out, "joined", json_integer(joined));
	(void)json_object_set_new(
	    out, "proved", proved > 0 ? json_integer(proved) : json_null());
	ipc_reply_line(r->q, "%s", js_dump(a, out));
}

static const struct linked_affiliation *link_load_affiliations(
    struct arena *a, const char *person, size_t *ret_count)
{
	char ***rows = state_rows(a, ret_count,
	                          "SELECT id, directory, anchor, form, made"
	                          " FROM affiliations WHERE person = ?1"
	                          " AND form IS NOT NULL ORDER BY id",
	                          "t", person);
	struct linked_affiliation *all =
	    arena_array(a, struct linked_affiliation, *ret_count);

	for (size_t i = 0; i < *ret_count; i++) {
		const json_t *attrs = entry_json_parse(a, rows[i][3]);
		long long made = 0;

		(void)!text_to_number(rows[i][4], 0, INT64_MAX, &made);
		all[i] = (struct linked_affiliation){ rows[i][0], rows[i][1],
			                              rows[i][2], attrs, made };
	}
	return all;
}

/* ---- all people */

/* Returns people with several affiliations, one of which is new, or whose
 * affiliations were joined or proved by an override. */
static char ***link_candidates(const struct link_report *r, size_t *ret_count)
{
	return state_rows(
	    r->q->arena, ret_count,
	    "SELECT id FROM people WHERE id IN"
	    " (SELECT f.person FROM sources AS s"
	    "  CROSS JOIN affiliations AS f ON f.directory = s.directory"
	    "  AND f.made >= ?1 AND f.form IS NOT NULL"
	    "  WHERE EXISTS (SELECT 1 FROM affiliations AS o"
	    "   WHERE o.person = f.person AND o.id <> f.id)"
	    " UNION SELECT f.person FROM decided AS x CROSS JOIN affiliations"
	    "  AS f ON f.id = x.subject WHERE x.decides = 'link' AND x.at >= ?1"
	    " UNION SELECT f.person FROM decided AS x CROSS JOIN affiliations"
	    "  AS f ON f.directory = substr(x.subject, 1,"
	    "   instr(x.subject, ':') - 1)"
	    "  AND f.anchor = substr(x.subject, instr(x.subject, ':') + 1)"
	    "  WHERE x.decides = 'join' AND x.at >= ?1) ORDER BY id",
	    "i", r->since);
}

static void link_show_all(const struct link_report *r)
{
	size_t count = 0;
	char ***rows = link_candidates(r, &count);

	for (size_t i = 0; i < count; i++) {
		size_t affiliation_count = 0;
		const struct linked_affiliation *all = link_load_affiliations(
		    r->q->arena, rows[i][0], &affiliation_count);

		if (link_is_across(all, affiliation_count) &&
		    link_is_of_place(r, all, affiliation_count))
			link_show_person(r, rows[i][0], all, affiliation_count);
	}
}

bool link_report(const struct ipc_request *q, char **argv, struct error *err)
{
	struct link_report r = { .q = q };
	long long seconds = DEFAULT_SECONDS;
	size_t at = 1;

	if (argv[at] && !text_starts(argv[at], "--"))
		r.place = argv[at++];
	if (argv[at] && text_equal(argv[at], "--since") && argv[at + 1] &&
	    text_to_number(argv[at + 1], 0, INT32_MAX, &seconds))
		at += 2;
	if (argv[at])
		return error_set(err, ERROR_INVALID,
		                 "usage: links [DIRECTORY|MUNICIPALITY] "
		                 "[--since SECONDS]");
	r.since = clock_now() - seconds;
	link_show_all(&r);
	return true;
}
