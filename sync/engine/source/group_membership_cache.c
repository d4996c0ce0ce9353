/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_membership_cache.c: the members of each group of a source directory,
 * also through nested groups, and which people a change concerns.  A group of
 * 200,000 arrives in buckets, and only those that differ from the cache. */
#include "sync/engine/source/group_membership_cache.h"

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ldap/directory.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/source/former_place.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/members_sql.h"
#include "sync/engine/state/state.h"

enum { NO_BUCKETS = 0 };

/* ---- committing a run */

static void membership_insert(struct arena *a, const char *directory,
                              const char *group, int64_t bucket,
                              const json_t *fields)
{
	const json_t *list = js_array(fields, "member");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *dn = json_string_value(json_array_get(list, i));

		state_exec(
		    "INSERT OR IGNORE INTO members(directory, grp, bucket,"
		    " place) VALUES(?1, ?2, ?3, ?4)",
		    "ttit", directory, group, bucket, dn_normalize(a, dn));
	}
}

/* Copies the bucket's members to "were", under a row without a name that marks
 * the copy as made: the run may send the bucket in pieces, and more than
 * once. */
static void membership_begin_bucket(const char *directory, const char *group,
                                    int64_t bucket)
{
	state_exec("INSERT INTO were SELECT directory, grp, place, bucket"
	           " FROM members WHERE directory = ?1 AND grp = ?2"
	           " AND bucket = ?3 AND NOT EXISTS (SELECT 1 FROM were WHERE"
	           " directory = ?1 AND grp = ?2 AND place = ''"
	           " AND bucket = ?3)",
	           "tti", directory, group, bucket);
	state_exec("INSERT OR IGNORE INTO were VALUES(?1, ?2, '', ?3)", "tti",
	           directory, group, bucket);
	state_exec("DELETE FROM members WHERE directory = ?1 AND grp = ?2"
	           " AND bucket = ?3",
	           "tti", directory, group, bucket);
}

static void membership_begin_all(struct arena *a, const char *directory,
                                 const char *group)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT DISTINCT bucket FROM members"
	                          " WHERE directory = ?1 AND grp = ?2",
	                          "tt", directory, group);

	for (size_t i = 0; i < count; i++) {
		long long bucket = 0;

		(void)!text_to_number(rows[i][0], 0, INT64_MAX, &bucket);
		membership_begin_bucket(directory, group, bucket);
	}
}

static size_t bucket_count_in(const json_t *fields)
{
	return json_array_size(js_array(fields, "buckets"));
}

void membership_replace(struct arena *a, const char *directory,
                        const char *group, const char *known_body,
                        const char *body)
{
	const json_t *fields = entry_json_parse(a, body);
	size_t count = bucket_count_in(fields);

	if (count == NO_BUCKETS ||
	    count != bucket_count_in(entry_json_parse(a, known_body)))
		membership_begin_all(a, directory, group);
	if (count == NO_BUCKETS)
		membership_begin_bucket(directory, group, NO_BUCKETS);
	membership_insert(a, directory, group, NO_BUCKETS, fields);
}

void membership_append(struct arena *a, const char *directory,
                       const char *group, const char *body)
{
	const json_t *fields = entry_json_parse(a, body);
	int64_t bucket = js_number(fields, "bucket", NO_BUCKETS);

	if (js_true(fields, "begins"))
		membership_begin_bucket(directory, group, bucket);
	membership_insert(a, directory, group, bucket, fields);
}

void membership_delete(const char *directory, const char *group)
{
	membership_mark_dirty(directory, group);
	state_exec("DELETE FROM members WHERE directory = ?1 AND grp = ?2",
	           "tt", directory, group);
}

/* ---- people concerned */

void membership_mark_dirty(const char *directory, const char *group)
{
	state_exec(
	    "INSERT INTO dirty(directory, anchor, at)" MEMBERS_INSIDE_SQL
	    " SELECT r.directory, r.anchor, ?3 FROM inside AS i"
	    " CROSS JOIN records AS r ON r.directory = ?1 AND r.place = i.place"
	    " WHERE r.class = 'person'"
	    " ON CONFLICT DO UPDATE SET gen = gen + 1",
	    "tti", directory, group, state_now_ms());
}

void membership_mark_primary(const char *directory, const char *group,
                             const char *known_sid)
{
	state_exec("INSERT INTO dirty(directory, anchor, at)"
	           " SELECT p.directory, p.anchor, ?4 FROM records AS g"
	           " CROSS JOIN records AS p ON p.directory = ?1"
	           " AND p.sid IN (g.sid, ?3) AND p.class = 'person'"
	           " WHERE g.directory = ?1 AND g.anchor = ?2"
	           " AND g.sid IS NOT ?3"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "ttti", directory, group, known_sid, state_now_ms());
}

/* Finds the members that were added or removed. */
static void membership_find_changed(const char *directory)
{
	state_exec("INSERT INTO touched SELECT w.place FROM were AS w"
	           " WHERE w.directory = ?1 AND w.place <> '' AND NOT EXISTS"
	           " (SELECT 1 FROM members AS m WHERE m.directory = ?1"
	           "  AND m.place = w.place AND m.grp = w.grp)",
	           "t", directory);
	state_exec("INSERT INTO touched SELECT m.place FROM were AS g"
	           " CROSS JOIN members AS m ON m.directory = ?1"
	           " AND m.grp = g.grp AND m.bucket = g.bucket"
	           " WHERE g.directory = ?1 AND g.place = '' AND NOT EXISTS"
	           " (SELECT 1 FROM were AS w WHERE w.directory = ?1"
	           "  AND w.grp = m.grp AND w.place = m.place)",
	           "t", directory);
}

/* Marks them dirty; unchanged members are not read.  If a nested group was
 * added or removed, all its members are marked. */
static void membership_mark_people(const char *directory)
{
	state_exec("INSERT INTO dirty(directory, anchor, at)"
	           " WITH RECURSIVE inside(place) AS (SELECT place FROM "
	           "touched" MEMBERS_OF_NESTED_SQL ")"
	           " SELECT r.directory, r.anchor, ?2 FROM inside AS i"
	           " CROSS JOIN records AS r ON r.directory = ?1"
	           " AND r.place = i.place"
	           " WHERE r.class = 'person'"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "ti", directory, state_now_ms());
}

static bool membership_is_unchanged(void)
{
	return state_number("SELECT EXISTS (SELECT 1 FROM were)"
	                    " OR EXISTS (SELECT 1 FROM touched)",
	                    "") == 0;
}

void membership_commit(const char *directory)
{
	if (membership_is_unchanged())
		return;
	former_place_follow(directory);
	membership_find_changed(directory);
	membership_mark_people(directory);
	former_place_commit(directory);
	state_exec("DELETE FROM touched", "");
	state_exec("DELETE FROM were WHERE directory = ?1", "t", directory);
}

/* ---- groups of an entry */

/* Most entries are in none, and a recursive query costs ten times as much. */
static bool membership_has_any(const struct source_entry *record)
{
	return state_number("SELECT EXISTS (SELECT 1 FROM members"
	                    " WHERE directory = ?1 AND place = ?2)"
	                    " OR EXISTS (SELECT 1 FROM records"
	                    " WHERE directory = ?1 AND sid = ?3"
	                    " AND class = 'group')",
	                    "ttt", record->directory, record->normal_dn,
	                    source_entry_value(record, "primary-group")) > 0;
}

char **source_entry_groups(struct arena *a, const struct source_entry *record)
{
	size_t count = 0;

	if (!membership_has_any(record))
		return arena_array(a, char *, 1);
	char ***rows =
	    state_rows(a, &count,
	               "WITH RECURSIVE above(grp) AS (SELECT grp FROM members"
	               "  WHERE directory = ?1 AND place = ?2"
	               "  UNION SELECT anchor FROM records"
	               "  WHERE directory = ?1 AND sid = ?3 AND class = 'group'"
	               "  UNION SELECT m.grp FROM above AS b CROSS JOIN records"
	               "  AS r ON r.directory = ?1 AND r.anchor = b.grp"
	               "  CROSS JOIN members AS m ON m.directory = ?1"
	               "  AND m.place = r.place)"
	               " SELECT r.place FROM above AS b CROSS JOIN records AS r"
	               " ON r.directory = ?1 AND r.anchor = b.grp",
	               "ttt", record->directory, record->normal_dn,
	               source_entry_value(record, "primary-group"));
	char **places = arena_array(a, char *, count + 1);

	for (size_t i = 0; i < count; i++)
		places[i] = rows[i][0];
	return places;
}

/* ---- buckets needed */

static bool run_has_entry(int64_t run, const char *group)
{
	return state_number("SELECT count(*) FROM staged WHERE run = ?1"
	                    " AND what = 'entry' AND anchor = ?2",
	                    "it", run, group) > 0;
}

const long long *membership_buckets_needed(struct arena *a, int64_t run,
                                           const char *directory,
                                           const char *group,
                                           const json_t *fields,
                                           size_t *ret_count)
{
	const json_t *digests = js_array(fields, "buckets");
	const size_t count = json_array_size(digests);
	long long *needed = arena_array(a, long long, count + 1);
	char *body = state_text(a,
	                        "SELECT body FROM records WHERE"
	                        " directory = ?1 AND anchor = ?2",
	                        "tt", directory, group);
	const json_t *cached_digests =
	    js_array(entry_json_parse(a, body), "buckets");
	bool all = json_array_size(cached_digests) != count ||
	           run_has_entry(run, group);

	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		if (all || !json_equal(json_array_get(cached_digests, i),
		                       json_array_get(digests, i)))
			needed[(*ret_count)++] = (long long)i;
	return needed;
}
