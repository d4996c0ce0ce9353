/* SPDX-License-Identifier: AGPL-3.0-or-later
 * staging_commit.c: turns a finished run into source entries, together with
 * the cookie that covers them (syncrepl: RFC 4533 2.1.2), in one transaction;
 * changed entries become dirty.  On error nothing is stored. */
#include "sync/engine/source/staging.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/directory.h"
#include "region/ldap/dn.h"
#include "sync/engine/source/former_place.h"
#include "sync/engine/source/group_membership_cache.h"
#include "sync/engine/source/name_index.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/source/staging_private.h"
#include "sync/engine/state/dirty.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"
#include "sync/engine/state/work.h"

enum { PIECE = 500 }; /* rows in memory at once */

/* A run being committed. */
struct commit {
	struct arena *arena;
	const char *directory;
	int64_t run;
	bool
	    members_are_links; /* members follow the entry, not its name (AD) */
	json_t *outdated_groups; /* anchors of groups whose later parts are
	                            skipped */
	bool comparison_lost; /* an entry that the run compared with is gone */
};

/* Columns of a staged row ... */
enum staged_column {
	C_WHAT,
	C_ANCHOR,
	C_DN,
	C_PLACE,
	C_CLASS,
	C_BODY,
	C_JOIN,
	C_SEALED,
	C_FLAW,
	C_CSN,
	C_SEQ
};

/* ... and of the stored entry. */
enum known_column {
	K_DN,
	K_CLASS,
	K_BODY,
	K_JOIN,
	K_FLAW,
	K_PLACE,
	K_CSN,
	K_SID,
	K_SAME_RUN
};

/* Returns the DN below a renamed ancestor: the entry's own RDNs stay as
 * written. */
static char *staging_rebased_dn(struct arena *a, const char *dn,
                                const char *normal_dn, const char *old_ancestor,
                                const char *new_ancestor)
{
	size_t own_rdns = dn_rdn_count(normal_dn) - dn_rdn_count(old_ancestor);

	return arena_printf(a, "%s,%s", dn_first_rdns(a, dn, own_rdns),
	                    new_ancestor);
}

/* An entry was renamed: a group may list it by its former DN. */
static void staging_follow_member(struct commit *c, const char *anchor,
                                  const char *from, const char *to)
{
	if (!c->members_are_links && !text_equal(from, to))
		former_place_moved(c->directory, anchor, from, to);
}

/* An entry that the cache does not have.  If the cache was lost, the catalogue
 * may know it by a former DN. */
static void staging_follow_new_member(struct commit *c, const char *anchor,
                                      const char *place)
{
	char *dn = state_text(c->arena,
	                      "SELECT json_extract(form,"
	                      " '$.portvaktSourceDn[0]') FROM affiliations"
	                      " WHERE directory = ?1 AND anchor = ?2",
	                      "tt", c->directory, anchor);
	char *written = dn ? dn_normalize(c->arena, dn) : NULL;

	if (c->members_are_links)
		return;
	former_place_taken(c->directory, place);
	if (written && !text_equal(written, place))
		former_place_known(c->directory, anchor, written);
}

/* Renaming a container (RFC 4511 4.9) renames all entries below it without a
 * change of theirs.  Paths begin at the root, so a subtree is a range. */
static void staging_rebase_subtree(struct commit *c, char **known, char **row)
{
	const char *old_dn = known[K_PLACE];
	char *path = dn_path(c->arena, old_dn);
	size_t count = 0;
	char ***rows =
	    state_rows(c->arena, &count,
	               "SELECT anchor, place, dn, class FROM records WHERE"
	               " directory = ?1 AND path > ?2 AND path < ?3",
	               "ttt", c->directory, path, dn_path_end(c->arena, path));

	for (size_t i = 0; i < count; i++) {
		char **r = rows[i];
		char *normal_dn = staging_rebased_dn(c->arena, r[1], r[1],
		                                     old_dn, row[C_PLACE]);

		if (text_equal(r[3], "group"))
			membership_mark_dirty(c->directory, r[0]);
		state_exec(
		    "UPDATE records SET place = ?1, dn = ?2, path = ?3"
		    " WHERE directory = ?4 AND anchor = ?5",
		    "ttttt", normal_dn,
		    staging_rebased_dn(c->arena, r[2], r[1], old_dn, row[C_DN]),
		    dn_path(c->arena, normal_dn), c->directory, r[0]);
		staging_follow_member(c, r[0], r[1], normal_dn);
		dirty_mark(c->directory, r[0]);
	}
}

static bool staging_entry_is_unchanged(char **known, char **row)
{
	return text_equal(known[K_DN], row[C_DN]) &&
	       text_equal(known[K_CLASS], row[C_CLASS]) &&
	       text_equal(known[K_BODY], row[C_BODY]) &&
	       text_equal(known[K_JOIN], row[C_JOIN]) &&
	       text_equal(known[K_FLAW], row[C_FLAW]);
}

/* known: the stored body, or NULL. */
static void staging_store_entry(struct commit *c, char **row, const char *known)
{
	if (text_equal(row[C_CLASS], "person"))
		name_index_store(c->arena, c->directory, row[C_ANCHOR], known,
		                 row[C_BODY]);
	state_exec("INSERT OR REPLACE INTO records VALUES(?1, ?2, ?3, ?4, ?5,"
	           " ?6, ?7, ?8, ?9, ?10, ?11)",
	           "ttttttttttt", c->directory, row[C_ANCHOR], row[C_DN],
	           row[C_PLACE], row[C_CLASS], row[C_BODY], row[C_JOIN],
	           row[C_SEALED], row[C_FLAW], row[C_CSN],
	           dn_path(c->arena, row[C_PLACE]));
	dirty_mark(c->directory, row[C_ANCHOR]);
}

/* The run already contains a later version: entryCSNs compare as text. */
static bool staging_entry_is_outdated(char **known, char **row)
{
	return known[K_SAME_RUN] && known[K_CSN] && row[C_CSN] &&
	       strcmp(row[C_CSN], known[K_CSN]) < 0;
}

/* A group's name determines the kind of its members. */
static void staging_commit_group(struct commit *c, char **row,
                                 const char *known, bool moved)
{
	if (moved)
		membership_mark_dirty(c->directory, row[C_ANCHOR]);
	membership_replace(c->arena, c->directory, row[C_ANCHOR], known,
	                   row[C_BODY]);
}

/* The later parts of a group have no stored entry and no CSN of their own. */
static void staging_commit_entry(struct commit *c, char **row)
{
	size_t count = 0;
	char ***known =
	    state_rows(c->arena, &count,
	               "SELECT dn, class, body, joins, flaw, place,"
	               " csn, sid, (SELECT 1 FROM staged WHERE run = ?3"
	               "  AND what IN ('entry', 'same', 'present')"
	               "  AND anchor = ?2 AND seq < ?4)"
	               " FROM records"
	               " WHERE directory = ?1 AND anchor = ?2",
	               "ttit", c->directory, row[C_ANCHOR], c->run, row[C_SEQ]);

	(void)json_object_del(c->outdated_groups, row[C_ANCHOR]);
	if (count == 1 && staging_entry_is_outdated(known[0], row)) {
		(void)json_object_set_new(c->outdated_groups, row[C_ANCHOR],
		                          json_true());
		return;
	}
	bool moved = count == 1 && !text_equal(known[0][K_PLACE], row[C_PLACE]);

	if (text_equal(row[C_CLASS], "group"))
		staging_commit_group(
		    c, row, count == 1 ? known[0][K_BODY] : NULL, moved);
	if (count == 1 && staging_entry_is_unchanged(known[0], row)) {
		state_exec("UPDATE records SET csn = ?1"
		           " WHERE directory = ?2 AND anchor = ?3",
		           "ttt", row[C_CSN], c->directory, row[C_ANCHOR]);
		return;
	}
	staging_store_entry(c, row, count == 1 ? known[0][K_BODY] : NULL);
	if (count == 1)
		staging_follow_member(c, row[C_ANCHOR], known[0][K_PLACE],
		                      row[C_PLACE]);
	else
		staging_follow_new_member(c, row[C_ANCHOR], row[C_PLACE]);
	if (text_equal(row[C_CLASS], "group"))
		membership_mark_primary(c->directory, row[C_ANCHOR],
		                        count == 1 ? known[0][K_SID] : NULL);
	if (moved && text_equal(row[C_CLASS], "other"))
		staging_rebase_subtree(c, known[0], row);
}

static void staging_commit_members(struct commit *c, char **row)
{
	if (!json_object_get(c->outdated_groups, row[C_ANCHOR]))
		membership_append(c->arena, c->directory, row[C_ANCHOR],
		                  row[C_BODY]);
}

/* Only its DN can differ, when an ancestor was renamed in this run. */
static void staging_commit_same(struct commit *c, char **row)
{
	size_t count = 0;
	char ***known = state_rows(c->arena, &count,
	                           "SELECT dn, place FROM records WHERE"
	                           " directory = ?1 AND anchor = ?2",
	                           "tt", c->directory, row[C_ANCHOR]);

	c->comparison_lost |= count == 0;
	if (count == 0 || text_equal(known[0][0], row[C_DN]))
		return;
	char *normal_dn = dn_normalize(c->arena, row[C_DN]);
	state_exec("UPDATE records SET place = ?1, dn = ?2, path = ?3"
	           " WHERE directory = ?4 AND anchor = ?5",
	           "ttttt", normal_dn, row[C_DN], dn_path(c->arena, normal_dn),
	           c->directory, row[C_ANCHOR]);
	staging_follow_member(c, row[C_ANCHOR], known[0][1], normal_dn);
	dirty_mark(c->directory, row[C_ANCHOR]);
}

/* Active Directory removes a deleted object from all groups without reporting
 * it; a new object with the same DN is a member of none. */
static void staging_remove_from_groups(struct commit *c, const char *anchor)
{
	/* For a group in buckets, request that bucket again. */
	state_exec(
	    "UPDATE records SET body = json_set(records.body, '$.buckets[' ||"
	    " m.bucket || ']', '') FROM members AS m, records AS p"
	    " WHERE p.directory = ?1 AND p.anchor = ?2"
	    " AND m.directory = ?1 AND m.place = p.place"
	    " AND records.directory = ?1 AND records.anchor = m.grp"
	    " AND json_type(records.body, '$.buckets') = 'array'",
	    "tt", c->directory, anchor);
	state_exec(
	    "DELETE FROM members WHERE directory = ?1 AND place ="
	    " (SELECT r.place FROM records AS r WHERE r.directory = ?1"
	    "  AND r.anchor = ?2 AND NOT EXISTS (SELECT 1 FROM records AS"
	    "  o WHERE o.directory = ?1 AND o.place = r.place"
	    "  AND o.anchor <> ?2))",
	    "tt", c->directory, anchor);
}

static void staging_commit_deleted(struct commit *c, char **row)
{
	if (c->members_are_links)
		staging_remove_from_groups(c, row[C_ANCHOR]);
	membership_delete(c->directory, row[C_ANCHOR]);
	name_index_store(c->arena, c->directory, row[C_ANCHOR],
	                 state_text(c->arena,
	                            "SELECT body FROM records WHERE directory"
	                            " = ?1 AND anchor = ?2"
	                            " AND class = 'person'",
	                            "tt", c->directory, row[C_ANCHOR]),
	                 NULL);
	former_place_forget(c->directory, row[C_ANCHOR]);
	state_exec("DELETE FROM records WHERE directory = ?1 AND anchor = ?2",
	           "tt", c->directory, row[C_ANCHOR]);
	dirty_mark(c->directory, row[C_ANCHOR]);
}

static const struct {
	const char *what;
	void (*commit)(struct commit *c, char **row);
} commit_handlers[] = {
	{ "entry", staging_commit_entry },
	{ "more", staging_commit_members },
	{ "same", staging_commit_same },
	{ "deleted", staging_commit_deleted },
};

/* Commits a chunk of the run, after seq.  Returns true if more follows. */
static bool staging_commit_chunk(struct commit *c, int64_t *seq)
{
	struct commit chunk = *c;
	size_t count = 0;
	long long last = 0;

	chunk.arena = arena_open();
	char ***rows = state_rows(
	    chunk.arena, &count,
	    "SELECT what, anchor, dn, place, class, body, joins, sealed, flaw,"
	    " csn, seq FROM staged WHERE run = ?1 AND seq > ?2 ORDER BY seq"
	    " LIMIT ?3",
	    "iii", c->run, *seq, (int64_t)PIECE);

	for (size_t i = 0; i < count; i++)
		for (size_t h = 0; h < LENGTH(commit_handlers); h++)
			if (text_equal(rows[i][C_WHAT],
			               commit_handlers[h].what))
				commit_handlers[h].commit(&chunk, rows[i]);
	if (count > 0 &&
	    text_to_number(rows[count - 1][C_SEQ], 0, INT64_MAX, &last))
		*seq = last;
	arena_close(chunk.arena);
	c->comparison_lost = chunk.comparison_lost;
	return count == PIECE && !c->comparison_lost;
}

/* First complete read: entries of other directories with the same join values
 * or people were evaluated without this one. */
static void staging_mark_related_dirty(struct commit *c)
{
	state_exec("INSERT INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, ?2 FROM records"
	           " WHERE directory <> ?1 AND joins IN"
	           " (SELECT joins FROM records WHERE directory = ?1)"
	           " UNION SELECT directory, anchor, ?2 FROM affiliations"
	           " WHERE directory <> ?1 AND person IN"
	           " (SELECT person FROM affiliations WHERE directory = ?1)"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "ti", c->directory, state_now_ms());
}

/* After the cache was recreated or restored, absent entries count as deleted
 * only after the second complete read. */
static void staging_record_full_read(const char *directory)
{
	state_exec("UPDATE sources SET wholes = wholes + 1,"
	           " complete = complete OR wholes > 0 OR NOT EXISTS"
	           " (SELECT 1 FROM affiliations AS f WHERE f.directory = ?1"
	           " AND f.form IS NOT NULL AND NOT EXISTS (SELECT 1 FROM"
	           " records AS r WHERE r.directory = f.directory"
	           " AND r.anchor = f.anchor)) WHERE directory = ?1",
	           "t", directory);
}

/* The run was complete: entries that are not in it are deleted.  The change
 * guard decides what that does to the catalogue. */
static void staging_delete_absent(struct commit *c)
{
	size_t count = 0;
	char ***rows = state_rows(c->arena, &count,
	                          "SELECT 'deleted', anchor FROM records AS r"
	                          " WHERE directory = ?1 AND NOT EXISTS"
	                          " (SELECT 1 FROM staged AS s WHERE"
	                          "  s.run = ?2 AND s.what IN"
	                          "  ('entry', 'same', 'present')"
	                          "  AND s.anchor = r.anchor)",
	                          "ti", c->directory, c->run);

	for (size_t i = 0; i < count; i++)
		staging_commit_deleted(c, rows[i]);
	state_exec(
	    "INSERT INTO dirty(directory, anchor, at)"
	    " SELECT directory, anchor, ?2"
	    " FROM affiliations AS f WHERE directory = ?1 AND NOT EXISTS"
	    " (SELECT 1 FROM records AS r WHERE r.directory = f.directory"
	    " AND r.anchor = f.anchor)"
	    " ON CONFLICT DO UPDATE SET gen = gen + 1",
	    "ti", c->directory, state_now_ms());
	if (!source_is_complete(c->directory))
		staging_mark_related_dirty(c);
	staging_record_full_read(c->directory);
	/* Entries reported as present were not compared. */
	state_exec("UPDATE sources SET full_at = ?2 WHERE directory = ?1"
	           " AND EXISTS (SELECT 1 FROM staged WHERE run = ?3"
	           " AND what = 'begun' AND class = 'full')",
	           "tii", c->directory, clock_now(), c->run);
}

/* The other entry with the same number may have changed. */
static void staging_mark_quarantined_dirty(void)
{
	state_exec(
	    "INSERT INTO dirty(directory, anchor, at)"
	    " SELECT directory, anchor, ?1 FROM quarantine WHERE area = ?2"
	    " AND reason <> 'national-id-invalid'"
	    " ON CONFLICT DO UPDATE SET gen = gen + 1",
	    "ii", state_now_ms(), (int64_t)QUARANTINE_JOIN);
}

/* Entries read with another configuration, or by a cache that does not know the
 * former one, may differ for that reason alone. */
static void staging_record_cause(const struct commit *c,
                                 const char *scope_before)
{
	char *scope = state_text(c->arena,
	                         "SELECT scope FROM sources"
	                         " WHERE directory = ?1",
	                         "t", c->directory);

	if (text_equal(scope_before, scope))
		return;
	state_exec("UPDATE dirty SET cause = ?2 WHERE directory = ?1", "tt",
	           c->directory, scope_before ? "configuration" : "unknown");
}

/* The cookie of another directory, which the source identity check finds,
 * proves nothing. */
static void staging_commit_went_back(struct commit *c)
{
	state_exec(
	    "UPDATE sources SET went_back_at = ?2 WHERE directory = ?1"
	    " AND coalesce(is_now, '') IN (SELECT coalesce(dn, is_now, '')"
	    "  FROM staged WHERE run = ?3 AND what = 'begun')",
	    "tii", c->directory, clock_now(), c->run);
}

static void staging_commit_source(struct commit *c, const char *cookie)
{
	char *identity = state_text(c->arena,
	                            "SELECT dn FROM staged WHERE run = ?1"
	                            " AND what = 'begun'",
	                            "i", c->run);
	char *scope = state_text(c->arena,
	                         "SELECT body FROM staged WHERE run = ?1"
	                         " AND what = 'begun'",
	                         "i", c->run);

	state_exec("UPDATE sources SET scope = ?2, changed_at = ?3,"
	           " heard_at = ?3, state = 'following', error = NULL,"
	           " is_now = coalesce(?4, is_now) WHERE directory = ?1",
	           "ttit", c->directory, scope, clock_now(), identity);
	if (cookie)
		state_exec(
		    "UPDATE sources SET cookie = ?2 WHERE directory = ?1", "tt",
		    c->directory, cookie);
}

static bool staging_count_matches(int64_t run, int64_t count, struct error *err)
{
	int64_t staged = state_number("SELECT count(*) FROM staged"
	                              " WHERE run = ?1"
	                              " AND what IN ('entry', 'same')",
	                              "i", run);

	if (count == staged)
		return true;
	return error_set(
	    err, ERROR_INVALID,
	    "number of staged entries does not match the connector's count");
}

/* Stores the connector's health report for operators until the next one. */
static void staging_commit_health(const struct commit *c, const char *health)
{
	char *name = arena_printf(c->arena, "health %s", c->directory);

	if (health)
		state_exec("INSERT OR REPLACE INTO meta VALUES(?1, ?2)", "tt",
		           name, health);
	else
		state_exec("DELETE FROM meta WHERE name = ?1", "t", name);
}

static bool staging_members_are_links(const struct config *cfg,
                                      const char *directory)
{
	const struct directory_conf *d = config_directory(cfg, directory);

	return d && d->type == DIRECTORY_AD;
}

static void staging_commit_run(struct commit *c,
                               const struct sync_commit_request *request)
{
	int64_t seq = 0;
	char *scope = state_text(c->arena,
	                         "SELECT scope FROM sources"
	                         " WHERE directory = ?1",
	                         "t", c->directory);

	if (request->went_back)
		staging_commit_went_back(c);
	staging_commit_source(c, request->cookie);
	staging_commit_health(c, request->health);
	while (staging_commit_chunk(c, &seq))
		continue;
	if (request->delete_unnamed)
		staging_delete_absent(c);
	membership_commit(c->directory);
	staging_mark_quarantined_dirty();
	staging_record_cause(c, scope);
	state_exec("DELETE FROM staged WHERE run = ?1", "i", c->run);
}

/* Commits all of the run, or nothing. */
static bool staging_commit_all(struct commit *c,
                               const struct sync_commit_request *request,
                               struct error *err)
{
	state_begin();
	staging_commit_run(c, request);
	state_exec(c->comparison_lost ? "ROLLBACK" : "COMMIT", "");
	return !c->comparison_lost ||
	       error_set(err, ERROR_INVALID,
	                 "entries of the run were removed during the commit");
}

bool staging_commit(const struct ipc_request *q,
                    const struct sync_commit_request *request,
                    struct sync_commit_reply *reply, struct error *err)
{
	struct commit c = { .arena = q->arena,
		            .run = request->run,
		            .outdated_groups =
		                js_own(q->arena, json_object()) };
	bool complete = false;

	state_lock();
	bool good = staging_require_run(c.run, err) &&
	            staging_count_matches(c.run, request->count, err);
	if (good) {
		c.directory = staging_run_directory(q->arena, c.run);
		c.members_are_links =
		    staging_members_are_links(q->cfg, c.directory);
		good = staging_commit_all(&c, request, err);
		complete = source_is_complete(c.directory);
	}
	state_unlock();
	work_signal();
	reply->full_sync_needed = request->delete_unnamed && !complete;
	return good;
}
