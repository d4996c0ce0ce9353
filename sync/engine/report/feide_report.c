/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_report.c: `portvaktctl sync feide`: the errors of a school owner's
 * tree, each with a remedy.  Lists people by login name and id, so that they
 * can be found in the source directory; protected ones by id, after the others
 * so that the order of login names says nothing about theirs. */
#include "sync/engine/report/reports.h"

#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/feide/feide_check.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/state/state.h"

/* row: affiliation, login name, whether it is published, issues, person. */
static void feide_report_issue(const struct ipc_request *q, char **row,
                               const json_t *issue)
{
	const char *about = js_string(issue, "about");
	bool more = about && *about && !text_equal(about, row[1]);
	bool hides = report_entry_person_is_protected(q->arena, row[4]);

	ipc_reply_line(q, "%s %s (%s%s%s)%s", js_string(issue, "error"),
	               report_entry_value(hides, row[1]), row[0],
	               more ? ": " : "", more ? about : "",
	               row[2] ? "" : ", not published");
}

/* Each error class once, with its description, then the people it concerns. */
static void feide_report_class(const struct ipc_request *q, char ***rows,
                               size_t count, enum feide_issue e)
{
	const struct feide_issue_text *text = feide_issue_text(e);
	bool header_sent = false;

	for (size_t i = 0; i < count; i++) {
		const json_t *issues =
		    js_array(entry_json_parse(q->arena, rows[i][3]), "found");

		for (size_t f = 0; f < json_array_size(issues); f++) {
			const json_t *issue = json_array_get(issues, f);

			if (!text_equal(js_string(issue, "error"), text->code))
				continue;
			if (!header_sent)
				ipc_reply_line(q, "%s: %s.  %s.", text->code,
				               text->description, text->remedy);
			header_sent = true;
			feide_report_issue(q, rows[i], issue);
		}
	}
}

static void feide_report_units(const struct ipc_request *q,
                               const struct feide *f)
{
	const json_t *issues = feide_check_units(q->arena, f);

	for (size_t i = 0; i < json_array_size(issues); i++)
		ipc_reply_line(q, "%s %s",
		               js_string(json_array_get(issues, i), "error"),
		               js_string(json_array_get(issues, i), "about"));
}

static void feide_report_tree(const struct ipc_request *q,
                              const struct municipality *m)
{
	size_t count = 0;
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT t.affiliation, t.uid,"
	                          " t.form IS NOT NULL, t.found, f.person"
	                          " FROM feide AS t LEFT JOIN affiliations AS f"
	                          " ON f.id = t.affiliation"
	                          " LEFT JOIN people AS p ON p.id = f.person"
	                          " WHERE t.municipality = ?1"
	                          " AND t.found IS NOT NULL"
	                          " ORDER BY json_extract(p.form,"
	                          " '$.portvaktProtected[0]') IS NOT NULL,"
	                          " t.uid, 1",
	                          "t", m->name);

	for (size_t i = 0; i < count; i++)
		rows[i][2] = text_equal(rows[i][2], "1") ? rows[i][2] : NULL;
	ipc_reply_line(
	    q,
	    "%s: %lld people published, %lld not, %zu with errors, "
	    "%zu schools",
	    m->name,
	    (long long)state_number("SELECT count(*) FROM feide WHERE"
	                            " municipality = ?1"
	                            " AND form IS NOT NULL",
	                            "t", m->name),
	    (long long)state_number("SELECT count(*) FROM feide WHERE"
	                            " municipality = ?1"
	                            " AND form IS NULL",
	                            "t", m->name),
	    count, m->feide->school_count);
	feide_report_units(q, m->feide);
	for (int e = FEIDE_ISSUE_NONE + 1; e <= FEIDE_PROTECTED; e++)
		feide_report_class(q, rows, count, (enum feide_issue)e);
}

bool feide_report(const struct ipc_request *q, char **argv, struct error *err)
{
	const struct municipality *m =
	    argv[1] ? config_municipality(q->cfg, argv[1]) : NULL;

	if (!m || !m->feide)
		return error_set(err, ERROR_INVALID,
		                 "unknown or missing school owner");
	feide_report_tree(q, m);
	return true;
}
