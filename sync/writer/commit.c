/* SPDX-License-Identifier: AGPL-3.0-or-later
 * commit.c: a run that is over becomes records, together with the cookie that
 * promises them, all at once; and whoever that concerns is to be looked at. */
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

enum { PIECE = 500 }; /* rows in memory at once */

/* One on its way into the records. */
struct commit {
	struct arena *arena;
	const char *directory;
	int64_t run;
	bool links_follow; /* a group's members are entries, not names */
};

/* The columns of what is staged ... */
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

/* ... and of what is known of the same entry. */
enum known_column {
	K_DN,
	K_CLASS,
	K_BODY,
	K_JOIN,
	K_FLAW,
	K_PLACE,
	K_CSN,
	K_SAME_RUN
};

static void dirty_place(struct commit *c, const char *place)
{
	char *anchor = state_text(c->arena,
	                          "SELECT anchor FROM records"
	                          " WHERE directory = ?1 AND place = ?2",
	                          "tt", c->directory, place);

	if (anchor)
		make_dirty(c->directory, anchor);
}

static void dirty_members(struct commit *c, const char *group)
{
	size_t count = 0;
	char ***rows = state_rows(c->arena, &count,
	                          "SELECT place FROM members"
	                          " WHERE directory = ?1 AND grp = ?2",
	                          "tt", c->directory, group);

	for (size_t i = 0; i < count; i++)
		dirty_place(c, rows[i][0]);
}

static void add_members(struct commit *c, const char *group, const char *body)
{
	json_t *fields = NULL;
	const json_t *members;

	if (!js_read(c->arena, body, strlen(body), &fields, NULL))
		return;
	members = js_array(fields, "member");
	for (size_t i = 0; i < json_array_size(members); i++) {
		const char *dn = json_string_value(json_array_get(members, i));

		state_do("INSERT OR IGNORE INTO members VALUES(?1, ?2, ?3)",
		         "ttt", c->directory, group, dn_normal(c->arena, dn));
	}
}

/* Whom the group had stands in were, under a nameless row of its own: what the
 * run says of it may come in pieces, and more than once.  One that moved had
 * nobody, for what it is called says what its members are. */
static void renew_members(struct commit *c, const char *group, const char *body,
                          bool moved)
{
	if (moved)
		dirty_members(c, group);
	state_do("INSERT INTO were SELECT directory, grp, place FROM members"
	         " WHERE directory = ?1 AND grp = ?2 AND NOT EXISTS"
	         " (SELECT 1 FROM were WHERE directory = ?1 AND grp = ?2"
	         " AND place = '')",
	         "tt", c->directory, group);
	state_do("INSERT OR IGNORE INTO were VALUES(?1, ?2, '')", "tt",
	         c->directory, group);
	if (moved)
		state_do("DELETE FROM were WHERE directory = ?1 AND grp = ?2"
		         " AND place <> ''",
		         "tt", c->directory, group);
	state_do("DELETE FROM members WHERE directory = ?1 AND grp = ?2", "tt",
	         c->directory, group);
	add_members(c, group, body);
}

/* Who came into a group or went out of it is somebody else now; the thousands
 * who stayed are not looked at. */
static void commit_members(struct commit *c)
{
	state_do("INSERT INTO dirty(directory, anchor, at)"
	         " SELECT DISTINCT r.directory, r.anchor, ?2 FROM"
	         " (SELECT place FROM were AS w WHERE w.directory = ?1"
	         "  AND NOT EXISTS (SELECT 1 FROM members AS m WHERE"
	         "  m.directory = ?1 AND m.grp = w.grp AND m.place = w.place)"
	         " UNION SELECT m.place FROM were AS g JOIN members AS m"
	         "  ON m.directory = ?1 AND m.grp = g.grp"
	         "  WHERE g.directory = ?1 AND g.place = ''"
	         "  AND NOT EXISTS (SELECT 1 FROM were AS w WHERE"
	         "  w.directory = ?1 AND w.grp = m.grp AND w.place = m.place))"
	         " AS p JOIN records AS r ON r.directory = ?1"
	         " AND r.place = p.place WHERE r.class = 'person'"
	         " ON CONFLICT DO UPDATE SET gen = gen + 1",
	         "ti", c->directory, now_ms());
	state_do("DELETE FROM were WHERE directory = ?1", "t", c->directory);
}

/* A container that was renamed takes along all below it, silently. */
static void move_below(struct commit *c, const char *was, const char *is)
{
	size_t count = 0;
	char *below = arena_print(c->arena, ",%s", was);
	int64_t length = (int64_t)strlen(below);
	char ***rows =
	    state_rows(c->arena, &count,
	               "SELECT anchor, place, dn FROM records WHERE"
	               " directory = ?1 AND substr(CAST(place AS BLOB),"
	               " -?2) = CAST(?3 AS BLOB)",
	               "tit", c->directory, length, below);

	for (size_t i = 0; i < count; i++) {
		size_t kept = strlen(rows[i][1]) - (size_t)length;
		char *own = arena_bytes(c->arena, rows[i][1], kept);
		char *place = arena_print(c->arena, "%s,%s", own, is);

		state_do("UPDATE records SET place = ?1, dn = ?1"
		         " WHERE directory = ?2 AND anchor = ?3",
		         "ttt", place, c->directory, rows[i][0]);
		make_dirty(c->directory, rows[i][0]);
	}
}

static bool is_the_same(char **known, char **row)
{
	return text_equal(known[K_DN], row[C_DN]) &&
	       text_equal(known[K_CLASS], row[C_CLASS]) &&
	       text_equal(known[K_BODY], row[C_BODY]) &&
	       text_equal(known[K_JOIN], row[C_JOIN]) &&
	       text_equal(known[K_FLAW], row[C_FLAW]);
}

static void put_record(struct commit *c, char **row)
{
	state_do("INSERT OR REPLACE INTO records VALUES(?1, ?2, ?3, ?4, ?5,"
	         " ?6, ?7, ?8, ?9, ?10, ?11)",
	         "tttttttttit", c->directory, row[C_ANCHOR], row[C_DN],
	         row[C_PLACE], row[C_CLASS], row[C_BODY], row[C_JOIN],
	         row[C_SEALED], row[C_FLAW], c->run, row[C_CSN]);
	make_dirty(c->directory, row[C_ANCHOR]);
}

/* This run has told it already, as it was later: entryCSNs compare as text. */
static bool is_outdated(char **known, char **row)
{
	return known[K_SAME_RUN] && known[K_CSN] && row[C_CSN] &&
	       strcmp(row[C_CSN], known[K_CSN]) < 0;
}

/* A group's later pieces have no record of their own, nor a CSN. */
static void commit_entry(struct commit *c, char **row)
{
	size_t count = 0;
	char ***known = state_rows(c->arena, &count,
	                           "SELECT dn, class, body, joins, flaw, place,"
	                           " csn, nullif(seen = ?3, 0) FROM records"
	                           " WHERE directory = ?1 AND anchor = ?2",
	                           "tti", c->directory, row[C_ANCHOR], c->run);

	if (count == 1 && is_outdated(known[0], row))
		return;
	bool moved = count == 1 && !text_equal(known[0][K_PLACE], row[C_PLACE]);

	if (text_equal(row[C_CLASS], "group"))
		renew_members(c, row[C_ANCHOR], row[C_BODY], moved);
	if (count == 1 && is_the_same(known[0], row)) {
		state_do("UPDATE records SET seen = ?1, csn = ?4"
		         " WHERE directory = ?2 AND anchor = ?3",
		         "ittt", c->run, c->directory, row[C_ANCHOR],
		         row[C_CSN]);
		return;
	}
	put_record(c, row);
	if (moved && text_equal(row[C_CLASS], "other"))
		move_below(c, known[0][K_PLACE], row[C_PLACE]);
}

static void commit_more(struct commit *c, char **row)
{
	add_members(c, row[C_ANCHOR], row[C_BODY]);
}

static void commit_present(struct commit *c, char **row)
{
	state_do("UPDATE records SET seen = ?1 WHERE directory = ?2"
	         " AND anchor = ?3",
	         "itt", c->run, c->directory, row[C_ANCHOR]);
}

/* Active Directory takes who is deleted out of every group without a word, and
 * whoever gets their name after them is in none. */
static void leave_groups(struct commit *c, const char *anchor)
{
	state_do("DELETE FROM members WHERE directory = ?1 AND place ="
	         " (SELECT r.place FROM records AS r WHERE r.directory = ?1"
	         "  AND r.anchor = ?2 AND NOT EXISTS (SELECT 1 FROM records AS"
	         "  o WHERE o.directory = ?1 AND o.place = r.place"
	         "  AND o.anchor <> ?2))",
	         "tt", c->directory, anchor);
}

static void commit_deleted(struct commit *c, char **row)
{
	if (c->links_follow)
		leave_groups(c, row[C_ANCHOR]);
	dirty_members(c, row[C_ANCHOR]);
	state_do("DELETE FROM members WHERE directory = ?1 AND grp = ?2", "tt",
	         c->directory, row[C_ANCHOR]);
	state_do("DELETE FROM records WHERE directory = ?1 AND anchor = ?2",
	         "tt", c->directory, row[C_ANCHOR]);
	make_dirty(c->directory, row[C_ANCHOR]);
}

static const struct {
	const char *what;
	void (*commit)(struct commit *c, char **row);
} pieces[] = {
	{ "entry", commit_entry },
	{ "more", commit_more },
	{ "present", commit_present },
	{ "deleted", commit_deleted },
};

/* Some of the run, after seq; true while there is more. */
static bool commit_some(struct commit *c, int64_t *seq)
{
	struct commit some = { arena_open(), c->directory, c->run,
		               c->links_follow };
	size_t count = 0;
	long long last = 0;
	char ***rows = state_rows(
	    some.arena, &count,
	    "SELECT what, anchor, dn, place, class, body, joins, sealed, flaw,"
	    " csn, seq FROM staged WHERE run = ?1 AND seq > ?2 ORDER BY seq"
	    " LIMIT ?3",
	    "iii", c->run, *seq, (int64_t)PIECE);

	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; p < LENGTH(pieces); p++)
			if (text_equal(rows[i][C_WHAT], pieces[p].what))
				pieces[p].commit(&some, rows[i]);
	if (count > 0 &&
	    text_to_number(rows[count - 1][C_SEQ], 0, INT64_MAX, &last))
		*seq = last;
	arena_close(some.arena);
	return count == PIECE;
}

/* All of it came: what is not among it is no longer there.  What that means
 * for the catalogue is for the brake to say. */
static void commit_sweep(struct commit *c)
{
	size_t count = 0;
	char ***rows = state_rows(c->arena, &count,
	                          "SELECT 'deleted', anchor FROM records"
	                          " WHERE directory = ?1 AND seen <> ?2",
	                          "ti", c->directory, c->run);

	for (size_t i = 0; i < count; i++)
		commit_deleted(c, rows[i]);
	state_do("INSERT INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, ?2"
	         " FROM affiliations AS f WHERE directory = ?1 AND NOT EXISTS"
	         " (SELECT 1 FROM records AS r WHERE r.directory = f.directory"
	         " AND r.anchor = f.anchor)"
	         " ON CONFLICT DO UPDATE SET gen = gen + 1",
	         "ti", c->directory, now_ms());
	state_do("UPDATE sources SET complete = 1 WHERE directory = ?1", "t",
	         c->directory);
	/* Entries that were only called present were not compared. */
	state_do("UPDATE sources SET full_at = ?2 WHERE directory = ?1"
	         " AND EXISTS (SELECT 1 FROM staged WHERE run = ?3"
	         " AND what = 'begun' AND class = 'full')",
	         "tii", c->directory, clock_now(), c->run);
}

/* Whose number somebody else had, and perhaps has no longer. */
static void commit_doubts(void)
{
	state_do("INSERT INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, ?1 FROM quarantine WHERE reason IN"
	         " ('same-number-twice', 'join-value-of-several',"
	         "  'join-value-of-another', 'join-value-changed',"
	         "  'numbers-swapped', 'login-name-taken')"
	         " ON CONFLICT DO UPDATE SET gen = gen + 1",
	         "i", now_ms());
}

static void commit_source(struct commit *c, const char *cookie)
{
	char *scope = state_text(c->arena,
	                         "SELECT body FROM staged WHERE run = ?1"
	                         " AND what = 'begun'",
	                         "i", c->run);

	state_do("INSERT INTO sources(directory) VALUES(?1)"
	         " ON CONFLICT DO NOTHING",
	         "t", c->directory);
	state_do("UPDATE sources SET scope = ?2, changed_at = ?3"
	         " WHERE directory = ?1",
	         "tti", c->directory, scope, clock_now());
	if (cookie)
		state_do("UPDATE sources SET cookie = ?2 WHERE directory = ?1",
		         "tt", c->directory, cookie);
}

static bool count_is(const struct question *q, int64_t run, struct fault *why)
{
	int64_t staged = state_number("SELECT count(*) FROM staged"
	                              " WHERE run = ?1 AND what = 'entry'",
	                              "i", run);

	if (js_number(q->body, "count", staged) == staged)
		return true;
	return fault(why, FAULT_INVALID, "some of the run is missing");
}

/* The reader's word on how it stands with the directory, for people; kept
 * beside it until the next one. */
static void commit_health(const struct commit *c, const char *health)
{
	char *name = arena_print(c->arena, "health %s", c->directory);

	if (health)
		state_do("INSERT OR REPLACE INTO meta VALUES(?1, ?2)", "tt",
		         name, health);
	else
		state_do("DELETE FROM meta WHERE name = ?1", "t", name);
}

static bool links_follow(const struct region *r, const char *directory)
{
	const struct directory_conf *d = region_directory(r, directory);

	return d && d->kind == DIRECTORY_AD;
}

bool stage_commit(const struct question *q, json_t **ret_answer,
                  struct fault *why)
{
	struct commit c = { .arena = q->arena };
	int64_t seq = 0;

	state_lock();
	bool good = stage_run(q, &c.run, why) && count_is(q, c.run, why);
	if (good) {
		c.directory = state_text(q->arena,
		                         "SELECT anchor FROM staged WHERE"
		                         " run = ?1 AND what = 'begun'",
		                         "i", c.run);
		state_begin();
		c.links_follow = links_follow(q->region, c.directory);
		commit_source(&c, js_string(q->body, "cookie"));
		commit_health(&c, js_string(q->body, "health"));
		while (commit_some(&c, &seq))
			continue;
		if (js_true(q->body, "sweep"))
			commit_sweep(&c);
		commit_members(&c);
		commit_doubts();
		state_do("DELETE FROM staged WHERE run = ?1", "i", c.run);
		state_commit();
	}
	state_unlock();
	work_came();
	*ret_answer = good ? js_keep(q->arena, json_object()) : NULL;
	return good;
}
