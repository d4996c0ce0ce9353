/* SPDX-License-Identifier: AGPL-3.0-or-later
 * school_report.c: `portvaktctl sync school-year`: what the change of the
 * school year will do, and afterwards what it did, school by school, with the
 * pupils who have no class. */
#include "sync/engine/report/reports.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/groups/school_year.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/state/state.h"

/* A pupil, with last year's class and this year's. */
enum pupil_column {
	P_ID,
	P_LOGIN,
	P_LAST_CODE,
	P_LAST_GREP,
	P_LAST_SCHOOL,
	P_CODE,
	P_GREP,
	P_SCHOOL,
	P_PERSON
};

struct school_tally {
	const char *school; /* id of its body; NULL: none */
	size_t pupils, moved, unmoved, without_class, leavers;
};

struct school_report {
	const struct ipc_request *q;
	const struct municipality *m;
	int year;
	bool overlaps;
	char ***pupils;
	size_t count;
	VECTOR(struct school_tally) tallies;
};

/* Protected people are last: the order of login names says nothing about
 * theirs. */
static void school_report_read(struct school_report *report)
{
	report->pupils = state_rows(
	    report->q->arena, &report->count,
	    "WITH classes AS (SELECT h.member, g.live, g.year,"
	    "  json_extract(g.form, '$.portvaktCode[0]') AS code,"
	    "  json_extract(g.form, '$.portvaktGrep[0]') AS grep,"
	    "  json_extract(g.form, '$.portvaktParent[0]') AS school"
	    "  FROM groups AS g JOIN holding AS h ON h.grp = g.id"
	    "  WHERE g.municipality = ?1 AND g.kind = 'class')"
	    " SELECT f.id, json_extract(f.form, '$.portvaktLogin[0]'),"
	    " was.code, was.grep, was.school, c.code, c.grep, c.school,"
	    " f.person"
	    " FROM affiliations AS f LEFT JOIN people AS p ON p.id = f.person"
	    " LEFT JOIN classes AS was ON was.member = f.id AND was.live = 0"
	    " AND was.year = ?2 - 1"
	    " LEFT JOIN classes AS c ON c.member = f.id AND c.live = 1"
	    " WHERE f.status = 'active'"
	    " AND json_extract(f.form, '$.portvaktMunicipality[0]') = ?1"
	    " AND json_extract(f.form, '$.portvaktKind[0]') = 'pupil'"
	    " GROUP BY f.id ORDER BY json_extract(p.form,"
	    " '$.portvaktProtected[0]') IS NOT NULL, 2",
	    "ti", report->m->name, (int64_t)report->year);
}

static struct school_tally *school_tally_of(struct school_report *report,
                                            const char *school)
{
	for (size_t i = 0; i < report->tallies.count; i++)
		if (text_equal(report->tallies.at[i].school, school))
			return &report->tallies.at[i];
	struct school_tally *one =
	    vector_append(report->q->arena, &report->tallies);
	one->school = school;
	return one;
}

static bool is_final_year(const char *grep)
{
	return grep && text_ends(grep, "aarstrinn10");
}

/* A pupil of the final year needs no new class. */
static bool is_without_class(char **p)
{
	return !p[P_CODE] && !is_final_year(p[P_LAST_GREP]);
}

static bool is_in_same_class(char **p)
{
	return p[P_CODE] && text_equal(p[P_CODE], p[P_LAST_CODE]) &&
	       text_equal(p[P_GREP], p[P_LAST_GREP]);
}

static void school_tally_count(struct school_report *report, char **p)
{
	struct school_tally *one = school_tally_of(
	    report, p[P_SCHOOL] ? p[P_SCHOOL] : p[P_LAST_SCHOOL]);
	bool last =
	    is_final_year(report->overlaps ? p[P_LAST_GREP] : p[P_GREP]);

	one->pupils++;
	one->leavers += last;
	one->without_class += is_without_class(p);
	one->unmoved += is_in_same_class(p);
	one->moved += p[P_CODE] && p[P_LAST_CODE] && !is_in_same_class(p);
}

static char *school_report_date(struct arena *a, int64_t when)
{
	struct tm t = clock_oslo(when);

	return arena_printf(a, "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1,
	                    t.tm_mday);
}

static void school_report_year(const struct school_report *report)
{
	const struct school_year *y = &report->m->school_year;
	struct arena *a = report->q->arena;
	char *until = school_report_date(a, school_year_start(y, report->year) +
	                                        y->overlap - 1);

	if (report->overlaps)
		ipc_reply_line(
		    report->q,
		    "%s: school year %d/%d since %s; people are in the "
		    "groups of both years until %s; a later date in "
		    "school-year reverts the change until then",
		    report->m->name, report->year, report->year + 1,
		    school_report_date(a, school_year_start(y, report->year)),
		    until);
	else
		ipc_reply_line(report->q, "%s: school year %d/%d until %s",
		               report->m->name, report->year, report->year + 1,
		               school_report_date(
				   a, school_year_start(y, report->year + 1)));
}

static int64_t school_group_count(const struct school_report *report,
                                  const char *school, const char *kind)
{
	return state_number("SELECT count(*) FROM groups WHERE municipality ="
	                    " ?1 AND kind = ?2 AND live = 1 AND json_extract("
	                    "form, '$.portvaktParent[0]') IS ?3",
	                    "ttt", report->m->name, kind, school);
}

static void school_report_school(const struct school_report *report,
                                 const struct school_tally *one)
{
	long long classes = school_group_count(report, one->school, "class");
	long long teaching =
	    school_group_count(report, one->school, "teaching");
	const char *name = one->school ? one->school : "without a school";

	if (report->overlaps)
		ipc_reply_line(
		    report->q,
		    "%s: %lld classes, %lld teaching groups, %zu "
		    "pupils: %zu in another class than last year, %zu "
		    "in the same, %zu without a class, %zu of last "
		    "year's tenth year still active",
		    name, classes, teaching, one->pupils, one->moved,
		    one->unmoved, one->without_class, one->leavers);
	else
		ipc_reply_line(
		    report->q,
		    "%s: %lld classes, %lld teaching groups, %zu "
		    "pupils: all these groups end and are created anew, "
		    "%zu pupils leave after the tenth year, %zu are "
		    "without a class",
		    name, classes, teaching, one->pupils, one->leavers,
		    one->without_class);
}

static const char *school_report_login(const struct school_report *report,
                                       char **p)
{
	return report_entry_value(
	    report_entry_person_is_protected(report->q->arena, p[P_PERSON]),
	    p[P_LOGIN]);
}

/* For the school to check. */
static void school_report_exceptions(const struct school_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		char **p = report->pupils[i];
		bool is_missing = is_without_class(p);
		bool is_left = report->overlaps && is_in_same_class(p);

		if (!is_missing && !is_left)
			continue;
		const char *login = school_report_login(report, p);
		if (is_missing)
			ipc_reply_line(
			    report->q, "without a class: %s (%s)%s%s", login,
			    p[P_ID], p[P_LAST_CODE] ? ", was in " : "",
			    p[P_LAST_CODE] ? p[P_LAST_CODE] : "");
		if (is_left)
			ipc_reply_line(report->q,
			               "not moved up: %s (%s), still in %s",
			               login, p[P_ID], p[P_CODE]);
	}
}

bool school_year_report(const struct ipc_request *q, char **argv,
                        struct error *err)
{
	struct school_report report = { .q = q };

	report.m = argv[1] ? config_municipality(q->cfg, argv[1]) : NULL;
	if (!report.m)
		return error_set(err, ERROR_INVALID,
		                 "unknown or missing municipality");
	report.year = school_year_at(&report.m->school_year, clock_now());
	report.overlaps =
	    school_year_overlaps(&report.m->school_year, clock_now());
	school_report_read(&report);
	for (size_t i = 0; i < report.count; i++)
		school_tally_count(&report, report.pupils[i]);
	school_report_year(&report);
	for (size_t i = 0; i < report.tallies.count; i++)
		school_report_school(&report, &report.tallies.at[i]);
	school_report_exceptions(&report);
	return true;
}
