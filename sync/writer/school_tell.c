/* SPDX-License-Identifier: AGPL-3.0-or-later
 * school_report.c: `portvaktctl sync school-year`: what the change of the
 * school year will do, and afterwards what it did, school by school, with the
 * pupils who have no class. */
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/groups.h"
#include "sync/writer/state.h"

/* A pupil, with last year's class and this year's. */
enum pupil_column {
	P_ID,
	P_LOGIN,
	P_WAS_CODE,
	P_WAS_GREP,
	P_WAS_SCHOOL,
	P_CODE,
	P_GREP,
	P_SCHOOL
};

struct tally {
	const char *school; /* id of its body; NULL: none */
	size_t pupils, moved, same, without, last;
};

struct telling {
	const struct question *q;
	const struct municipality *m;
	int year;
	bool overlaps;
	char ***pupils;
	size_t count;
	LIST(struct tally) all;
};

static void read_pupils(struct telling *t)
{
	t->pupils = state_rows(
	    t->q->arena, &t->count,
	    "WITH classes AS (SELECT h.member, g.live, g.year,"
	    "  json_extract(g.form, '$.portvaktCode[0]') AS code,"
	    "  json_extract(g.form, '$.portvaktGrep[0]') AS grep,"
	    "  json_extract(g.form, '$.portvaktParent[0]') AS school"
	    "  FROM groups AS g JOIN holding AS h ON h.grp = g.id"
	    "  WHERE g.municipality = ?1 AND g.kind = 'class')"
	    " SELECT f.id, json_extract(f.form, '$.portvaktLogin[0]'),"
	    " was.code, was.grep, was.school, c.code, c.grep, c.school"
	    " FROM affiliations AS f"
	    " LEFT JOIN classes AS was ON was.member = f.id AND was.live = 0"
	    " AND was.year = ?2 - 1"
	    " LEFT JOIN classes AS c ON c.member = f.id AND c.live = 1"
	    " WHERE f.status = 'active'"
	    " AND json_extract(f.form, '$.portvaktMunicipality[0]') = ?1"
	    " AND json_extract(f.form, '$.portvaktKind[0]') = 'pupil'"
	    " GROUP BY f.id ORDER BY 2",
	    "ti", t->m->name, (int64_t)t->year);
}

static struct tally *tally_of(struct telling *t, const char *school)
{
	for (size_t i = 0; i < t->all.count; i++)
		if (text_equal(t->all.at[i].school, school))
			return &t->all.at[i];
	struct tally *one = list_add(t->q->arena, &t->all);
	one->school = school;
	return one;
}

static bool is_last_year(const char *grep)
{
	return grep && text_ends(grep, "aarstrinn10");
}

/* A pupil of the final year needs no new class. */
static bool is_left_over(char **p)
{
	return !p[P_CODE] && !is_last_year(p[P_WAS_GREP]);
}

static bool is_the_same(char **p)
{
	return p[P_CODE] && text_equal(p[P_CODE], p[P_WAS_CODE]) &&
	       text_equal(p[P_GREP], p[P_WAS_GREP]);
}

static void count_pupil(struct telling *t, char **p)
{
	struct tally *one =
	    tally_of(t, p[P_SCHOOL] ? p[P_SCHOOL] : p[P_WAS_SCHOOL]);
	bool last = is_last_year(t->overlaps ? p[P_WAS_GREP] : p[P_GREP]);

	one->pupils++;
	one->last += last;
	one->without += is_left_over(p);
	one->same += is_the_same(p);
	one->moved += p[P_CODE] && p[P_WAS_CODE] && !is_the_same(p);
}

static char *date_of(struct arena *a, int64_t when)
{
	struct tm t = clock_oslo(when);

	return arena_print(a, "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1,
	                   t.tm_mday);
}

static void tell_year(const struct telling *t)
{
	const struct school_year *y = &t->m->school_year;
	struct arena *a = t->q->arena;
	char *until =
	    date_of(a, school_year_start(y, t->year) + y->overlap - 1);

	if (t->overlaps)
		answer_line(t->q,
		            "%s: school year %d/%d since %s; people are in the "
		            "groups of both years until %s; a later day in "
		            "school-year takes the change back until then",
		            t->m->name, t->year, t->year + 1,
		            date_of(a, school_year_start(y, t->year)), until);
	else
		answer_line(t->q, "%s: school year %d/%d until %s", t->m->name,
		            t->year, t->year + 1,
		            date_of(a, school_year_start(y, t->year + 1)));
}

static int64_t groups_of(const struct telling *t, const char *school,
                         const char *kind)
{
	return state_number("SELECT count(*) FROM groups WHERE municipality ="
	                    " ?1 AND kind = ?2 AND live = 1 AND json_extract("
	                    "form, '$.portvaktParent[0]') IS ?3",
	                    "ttt", t->m->name, kind, school);
}

static void tell_school(const struct telling *t, const struct tally *one)
{
	long long classes = groups_of(t, one->school, "class");
	long long teaching = groups_of(t, one->school, "teaching");
	const char *name = one->school ? one->school : "of no school";

	if (t->overlaps)
		answer_line(t->q,
		            "%s: %lld classes, %lld teaching groups, %zu "
		            "pupils: %zu in another class than last year, %zu "
		            "in the same, %zu without a class, %zu of last "
		            "year's tenth not gone yet",
		            name, classes, teaching, one->pupils, one->moved,
		            one->same, one->without, one->last);
	else
		answer_line(t->q,
		            "%s: %lld classes, %lld teaching groups, %zu "
		            "pupils: all these groups end and are made anew, "
		            "%zu pupils leave after the tenth year, %zu are "
		            "without a class",
		            name, classes, teaching, one->pupils, one->last,
		            one->without);
}

/* For the school to check. */
static void tell_exceptions(const struct telling *t)
{
	for (size_t i = 0; i < t->count; i++) {
		char **p = t->pupils[i];

		if (is_left_over(p))
			answer_line(t->q, "without a class: %s (%s)%s%s",
			            p[P_LOGIN], p[P_ID],
			            p[P_WAS_CODE] ? ", was in " : "",
			            p[P_WAS_CODE] ? p[P_WAS_CODE] : "");
		if (t->overlaps && is_the_same(p))
			answer_line(t->q, "not moved up: %s (%s), still in %s",
			            p[P_LOGIN], p[P_ID], p[P_CODE]);
	}
}

bool school_year_tell(const struct question *q, char **words, struct fault *why)
{
	struct telling t = { .q = q };

	t.m = words[1] ? region_municipality(q->region, words[1]) : NULL;
	if (!t.m)
		return fault(why, FAULT_INVALID,
		             "the school year of which municipality?");
	t.year = school_year_at(&t.m->school_year, clock_now());
	t.overlaps = school_year_overlaps(&t.m->school_year, clock_now());
	read_pupils(&t);
	for (size_t i = 0; i < t.count; i++)
		count_pupil(&t, t.pupils[i]);
	tell_year(&t);
	for (size_t i = 0; i < t.all.count; i++)
		tell_school(&t, &t.all.at[i]);
	tell_exceptions(&t);
	return true;
}
