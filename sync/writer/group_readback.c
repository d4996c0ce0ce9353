/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_verify.c: compares ou=groups of the catalogue with the entries we
 * wrote, and marks each group that differs.  On error returns false, and no
 * group is taken for missing. */
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/groups.h"
#include "sync/writer/state.h"

static const char *const names[] = { "*", "entryCSN", NULL };

struct group_reading {
	int64_t run;
};

/* The school year of the entry; 0: none. */
static int64_t year_of(const json_t *form)
{
	const char *from = form_text(form, "portvaktFrom");
	int64_t when = 0;

	if (!from || !clock_from_ldap(from, &when))
		return 0;
	return clock_oslo(when).tm_year + 1900;
}

/* An id that was never written is replaced by one that was.  Of two written
 * ones, by two provisioners at once, the lesser stays. */
static bool is_double(struct arena *a, const json_t *form, const char *id,
                      int64_t run)
{
	const char *directory = form_text(form, "portvaktDirectory");
	const char *anchor = form_text(form, "portvaktAnchor");

	state_do("DELETE FROM groups WHERE directory = ?1 AND anchor = ?2"
	         " AND year = ?3 AND id <> ?4 AND coalesce(found, 0) <> ?5",
	         "ttiti", directory, anchor, year_of(form), id, run);
	const char *other =
	    state_text(a,
	               "SELECT id FROM groups WHERE directory = ?1"
	               " AND anchor = ?2 AND year = ?3 AND id <> ?4",
	               "ttit", directory, anchor, year_of(form), id);
	if (!other)
		return false;
	const char *goes = strcmp(other, id) < 0 ? id : other;
	state_do("INSERT OR IGNORE INTO regroup(what, name, directory)"
	         " VALUES('double', ?1, ?2)",
	         "tt", goes, directory);
	if (goes == other)
		state_do("DELETE FROM groups WHERE id = ?1", "t", other);
	return goes == id;
}

static void found_members(const struct directory_entry *e, const char *id,
                          int64_t run)
{
	const struct directory_attribute *t =
	    entry_attribute(e, "portvaktMember");

	for (size_t i = 0; t && i < t->count; i++) {
		const char *member = t->values[i].bytes;

		if (state_number("SELECT count(*) FROM holding WHERE grp = ?1"
		                 " AND member = ?2",
		                 "tt", id, member) == 0)
			groups_note_member(member);
		state_do("INSERT INTO holding VALUES(?1, ?2, ?3)"
		         " ON CONFLICT DO UPDATE SET found = ?3",
		         "tti", id, member, run);
	}
}

/* With our CSN nothing has changed: thousands of members are not compared. */
static bool is_as_written(const char *id, const char *csn, int64_t run)
{
	if (state_number("SELECT count(*) FROM groups WHERE id = ?1"
	                 " AND csn = ?2 AND form IS NOT NULL",
	                 "tt", id, csn) == 0)
		return false;
	state_do("UPDATE holding SET found = ?2 WHERE grp = ?1", "ti", id, run);
	return true;
}

static bool found_group(void *with, const struct directory_entry *e,
                        struct fault *why)
{
	const struct group_reading *k = with;
	struct arena *a = arena_open();
	const json_t *form = form_of_entry(a, e, group_form_names);
	const char *id = form_text(form, "portvaktId");
	const char *directory = form_text(form, "portvaktDirectory");
	const char *anchor = form_text(form, "portvaktAnchor");
	const char *now = js_write(a, form);

	(void)why;
	if (id && directory && anchor && !is_double(a, form, id, k->run)) {
		const char *known = state_text(
		    a, "SELECT form FROM groups WHERE id = ?1", "t", id);

		state_do("INSERT INTO groups(id, directory, anchor, year)"
		         " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
		         "ttti", id, directory, anchor, year_of(form));
		bool as_written =
		    is_as_written(id, entry_text(e, "entryCSN"), k->run);
		state_do("UPDATE groups SET form = ?2, csn = ?3, found = ?4,"
		         " municipality = ?5, kind = ?6 WHERE id = ?1",
		         "tttitt", id, now, entry_text(e, "entryCSN"), k->run,
		         form_text(form, "portvaktMunicipality"),
		         form_text(form, "portvaktGroupKind"));
		if (!text_equal(known, now))
			groups_note_row(directory, anchor);
		if (!as_written)
			found_members(e, id, k->run);
	}
	arena_close(a);
	return true;
}

/* Marks what was written and is missing now. */
static void forget_missing(int64_t run)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT directory, anchor FROM groups WHERE"
	                          " form IS NOT NULL"
	                          " AND coalesce(found, 0) <> ?1",
	                          "i", run);

	for (size_t i = 0; i < count; i++)
		groups_note_row(rows[i][0], rows[i][1]);
	state_do("UPDATE groups SET form = NULL, csn = NULL, live = 0"
	         " WHERE coalesce(found, 0) <> ?1",
	         "i", run);
	rows = state_rows(a, &count,
	                  "SELECT DISTINCT member FROM holding WHERE"
	                  " coalesce(found, 0) <> ?1",
	                  "i", run);
	for (size_t i = 0; i < count; i++)
		groups_note_member(rows[i][0]);
	state_do("DELETE FROM holding WHERE coalesce(found, 0) <> ?1", "i",
	         run);
	arena_close(a);
}

bool group_readback(const struct region *r, int64_t run, struct fault *why)
{
	struct arena *a = arena_open();
	struct group_reading k = { run };
	char *base = arena_print(a, "ou=groups,%s", r->catalogue.base);
	bool good =
	    catalogue_each(catalogue_writer, r, base, SCOPE_ONE,
	                   "(portvaktId=*)", names, found_group, &k, why);

	if (good)
		forget_missing(run);
	arena_close(a);
	return good;
}
