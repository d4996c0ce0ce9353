/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_verify.c: compares ou=groups of the catalogue with the entries we
 * wrote, and marks each group that differs.  On error returns false, and no
 * group is taken for missing. */
#include "sync/engine/groups/groups.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/groups/group_desired.h"
#include "sync/engine/state/groups_mark.h"
#include "sync/engine/state/state.h"

static const char *const verify_attributes[] = { "*", "entryCSN", NULL };

struct group_verification {
	int64_t run;
};

/* The school year of the entry; 0: none. */
static int64_t school_year_of_entry(const json_t *entry)
{
	const char *from = entry_json_value(entry, "portvaktFrom");
	int64_t when = 0;

	if (!from || !clock_parse_generalized_time(from, &when))
		return 0;
	return clock_oslo(when).tm_year + 1900;
}

/* An id that was never written is replaced by one that was.  Of two written
 * ones, by two provisioners at once, the lesser stays. */
static bool is_duplicate_group(struct arena *a, const json_t *entry,
                               const char *id, int64_t run)
{
	const char *directory = entry_json_value(entry, "portvaktDirectory");
	const char *anchor = entry_json_value(entry, "portvaktAnchor");

	state_exec("DELETE FROM groups WHERE directory = ?1 AND anchor = ?2"
	           " AND year = ?3 AND id <> ?4 AND coalesce(found, 0) <> ?5",
	           "ttiti", directory, anchor, school_year_of_entry(entry), id,
	           run);
	const char *other_id = state_text(
	    a,
	    "SELECT id FROM groups WHERE directory = ?1"
	    " AND anchor = ?2 AND year = ?3 AND id <> ?4",
	    "ttit", directory, anchor, school_year_of_entry(entry), id);
	if (!other_id)
		return false;
	const char *loser = strcmp(other_id, id) < 0 ? id : other_id;
	state_exec("INSERT OR IGNORE INTO regroup(what, name, directory)"
	           " VALUES('double', ?1, ?2)",
	           "tt", loser, directory);
	if (loser == other_id)
		state_exec("DELETE FROM groups WHERE id = ?1", "t", other_id);
	return loser == id;
}

static void group_verify_members(const struct directory_entry *e,
                                 const char *id, int64_t run)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, "portvaktMember");

	for (size_t i = 0; t && i < t->count; i++) {
		const char *member = t->values[i].bytes;

		if (state_number("SELECT count(*) FROM holding WHERE grp = ?1"
		                 " AND member = ?2",
		                 "tt", id, member) == 0)
			groups_mark_member(member);
		state_exec("INSERT INTO holding VALUES(?1, ?2, ?3)"
		           " ON CONFLICT DO UPDATE SET found = ?3",
		           "tti", id, member, run);
	}
}

/* With our CSN nothing has changed: thousands of members are not compared. */
static bool group_is_as_written(const char *id, const char *csn, int64_t run)
{
	if (state_number("SELECT count(*) FROM groups WHERE id = ?1"
	                 " AND csn = ?2 AND form IS NOT NULL",
	                 "tt", id, csn) == 0)
		return false;
	state_exec("UPDATE holding SET found = ?2 WHERE grp = ?1", "ti", id,
	           run);
	return true;
}

static bool group_verify_entry(void *data, const struct directory_entry *e,
                               struct error *err)
{
	const struct group_verification *k = data;
	struct arena *a = arena_open();
	const json_t *entry = entry_json_from_ldap(a, e, group_attributes);
	const char *id = entry_json_value(entry, "portvaktId");
	const char *directory = entry_json_value(entry, "portvaktDirectory");
	const char *anchor = entry_json_value(entry, "portvaktAnchor");
	const char *now = js_dump(a, entry);

	(void)err;
	if (id && directory && anchor &&
	    !is_duplicate_group(a, entry, id, k->run)) {
		const char *stored = state_text(
		    a, "SELECT form FROM groups WHERE id = ?1", "t", id);

		state_exec("INSERT INTO groups(id, directory, anchor, year)"
		           " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
		           "ttti", id, directory, anchor,
		           school_year_of_entry(entry));
		bool as_written = group_is_as_written(
		    id, directory_entry_text(e, "entryCSN"), k->run);
		state_exec("UPDATE groups SET form = ?2, csn = ?3, found = ?4,"
		           " municipality = ?5, kind = ?6 WHERE id = ?1",
		           "tttitt", id, now,
		           directory_entry_text(e, "entryCSN"), k->run,
		           entry_json_value(entry, "portvaktMunicipality"),
		           entry_json_value(entry, "portvaktGroupKind"));
		if (!text_equal(stored, now))
			groups_mark_entry(directory, anchor);
		if (!as_written)
			group_verify_members(e, id, k->run);
	}
	arena_close(a);
	return true;
}

/* Marks what was written and is missing now. */
static void group_verify_missing(int64_t run)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT directory, anchor FROM groups WHERE"
	                          " form IS NOT NULL"
	                          " AND coalesce(found, 0) <> ?1",
	                          "i", run);

	for (size_t i = 0; i < count; i++)
		groups_mark_entry(rows[i][0], rows[i][1]);
	state_exec("UPDATE groups SET form = NULL, csn = NULL, live = 0"
	           " WHERE coalesce(found, 0) <> ?1",
	           "i", run);
	rows = state_rows(a, &count,
	                  "SELECT DISTINCT member FROM holding WHERE"
	                  " coalesce(found, 0) <> ?1",
	                  "i", run);
	for (size_t i = 0; i < count; i++)
		groups_mark_member(rows[i][0]);
	state_exec("DELETE FROM holding WHERE coalesce(found, 0) <> ?1", "i",
	           run);
	arena_close(a);
}

bool group_verify(const struct config *cfg, int64_t run, struct error *err)
{
	struct arena *a = arena_open();
	struct group_verification k = { run };
	char *base = arena_printf(a, "ou=groups,%s", cfg->catalogue.base);
	bool good = catalogue_for_each(
	    catalogue_writer, cfg, base, SCOPE_ONE_LEVEL, "(portvaktId=*)",
	    verify_attributes, group_verify_entry, &k, err);

	if (good)
		group_verify_missing(run);
	arena_close(a);
	return good;
}
