/* SPDX-License-Identifier: AGPL-3.0-or-later
 * school_year.c: the current school year.  It depends on the date and the
 * configuration alone, so a changed start date reverts the change of the year,
 * and a lost cache has no effect. */
#include "sync/engine/groups/school_year.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/state/state.h"

/* From early June: pupils' last days before the next year begins. */
enum { SUMMER_S = 62 * 24 * 60 * 60 };

int64_t school_year_start(const struct school_year *y, int year)
{
	struct arena *a = arena_open();
	int64_t when = 0;
	char *date = arena_printf(a, "%04d-%02d-%02d", year, y->month, y->day);

	if (!clock_parse_date(date, false, &when))
		when = 0;
	arena_close(a);
	return when;
}

int school_year_at(const struct school_year *y, int64_t now)
{
	int year = clock_oslo(now).tm_year + 1900;

	return now < school_year_start(y, year) ? year - 1 : year;
}

bool school_year_overlaps(const struct school_year *y, int64_t now)
{
	return now < school_year_start(y, school_year_at(y, now)) + y->overlap;
}

/* Pupils of the tenth year leave every summer: while the groups of both years
 * exist, no threshold applies to them. */
void school_year_announce(const struct config *cfg)
{
	int64_t now = clock_now();

	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];

		if (m->group_count == 0 ||
		    !school_year_overlaps(&m->school_year, now))
			continue;
		int64_t last_year = school_year_at(&m->school_year, now) - 1;
		state_lock();
		state_exec(
		    "INSERT OR IGNORE INTO announced SELECT f.directory,"
		    " f.anchor FROM groups AS g CROSS JOIN holding AS h"
		    " ON h.grp = g.id CROSS JOIN affiliations AS f"
		    " ON f.id = h.member WHERE g.municipality = ?1"
		    " AND g.kind = 'class' AND g.live = 0 AND g.year = ?2"
		    " AND f.status = 'active'"
		    " AND json_extract(f.form, '$.portvaktKind[0]') = 'pupil'"
		    " AND g.form LIKE '%aarstrinn10\"%'",
		    "ti", m->name, last_year);
		state_unlock();
	}
}

bool school_year_plans_leaver(const char *directory, const char *anchor)
{
	return state_number("SELECT count(*) FROM announced WHERE"
	                    " directory = ?1 AND anchor = ?2",
	                    "tt", directory, anchor) > 0;
}

/* The end lies in the summer after the affiliation's tenth year. */
bool school_year_plans_end(const struct config *cfg, const char *affiliation,
                           const json_t *attrs, const char *end)
{
	const char *name = entry_json_value(attrs, "portvaktMunicipality");
	const struct municipality *m =
	    name ? config_municipality(cfg, name) : NULL;
	int64_t when = 0;

	if (!m || m->group_count == 0 ||
	    !text_equal(entry_json_value(attrs, "portvaktKind"), "pupil") ||
	    !clock_parse_generalized_time(end, &when))
		return false;
	int year = clock_oslo(when).tm_year + 1900;
	int64_t start = school_year_start(&m->school_year, year);
	if (when < start - SUMMER_S || when > start + m->school_year.overlap)
		return false;
	return state_number("SELECT count(*) FROM holding AS h CROSS JOIN"
	                    " groups AS g ON g.id = h.grp WHERE h.member = ?1"
	                    " AND g.municipality = ?2 AND g.kind = 'class'"
	                    " AND g.year = ?3"
	                    " AND g.form LIKE '%aarstrinn10\"%'",
	                    "tti", affiliation, m->name,
	                    (int64_t)(year - 1)) > 0;
}
