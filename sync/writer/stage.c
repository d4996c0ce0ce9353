/* SPDX-License-Identifier: AGPL-3.0-or-later
 * stage.c: what readers send.  It lies aside until the run is over, and then
 * becomes records together with the cookie that promises them; a run that
 * ends in any other way has not been. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

enum { PIECE = 500 }; /* rows in memory at once */

/* ---- waking whoever applies */

static struct {
	pthread_mutex_t lock; /* guards came */
	pthread_cond_t arrived;
	bool came;
} work = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

void work_came(void)
{
	(void)pthread_mutex_lock(&work.lock);
	work.came = true;
	(void)pthread_cond_signal(&work.arrived);
	(void)pthread_mutex_unlock(&work.lock);
}

void work_wait(int ms)
{
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += ms % 1000 * 1000000L;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)pthread_mutex_lock(&work.lock);
	while (!work.came && rc == 0)
		rc = pthread_cond_timedwait(&work.arrived, &work.lock, &until);
	work.came = false;
	(void)pthread_mutex_unlock(&work.lock);
}

int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void make_dirty(const char *directory, const char *anchor)
{
	state_do("INSERT INTO dirty(directory, anchor, at) VALUES(?1, ?2, ?3)"
	         " ON CONFLICT DO UPDATE SET at = excluded.at, gen = gen + 1",
	         "tti", directory, anchor, now_ms());
}

void make_all_dirty(void)
{
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, ?1 FROM records"
	         " WHERE class = 'person'",
	         "i", now_ms());
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, ?1 FROM affiliations",
	         "i", now_ms());
}

/* ---- runs */

/* Which run is whose, among those under way; a number is never used twice,
 * so what a dead reader began cannot be mixed with what the next one does. */
static bool run_of(const struct question *q, int64_t *ret_run,
                   struct fault *why)
{
	int64_t run = js_number(q->body, "run", 0);

	if (run <= 0 || state_number("SELECT count(*) FROM staged"
	                             " WHERE run = ?1 AND what = 'begun'",
	                             "i", run) == 0)
		return fault(why, FAULT_INVALID, "there is no such run");
	*ret_run = run;
	return true;
}

static json_t *nothing(const struct question *q)
{
	return js_keep(q->arena, json_object());
}

void stage_forget_unfinished(void)
{
	state_do("DELETE FROM staged", "");
}

static bool known_directory(const struct question *q, const char **ret_name,
                            struct fault *why)
{
	const char *name = js_string(q->body, "directory");

	if (!name || !region_directory(q->region, name))
		return fault(why, FAULT_INVALID, "there is no such directory");
	*ret_name = name;
	return true;
}

/* A cookie is good for what was asked with it: other entries, another mapping
 * or another server is another question. */
bool stage_hello(const struct question *q, json_t **ret_answer,
                 struct fault *why)
{
	const char *scope = js_string(q->body, "scope");
	const char *name = NULL;

	if (!known_directory(q, &name, why))
		return false;
	*ret_answer = nothing(q);
	state_lock();
	char *cookie = state_text(q->arena,
	                          "SELECT cookie FROM sources WHERE"
	                          " directory = ?1 AND scope = ?2",
	                          "tt", name, scope ? scope : "");
	int64_t known = state_number("SELECT count(*) FROM records"
	                             " WHERE directory = ?1",
	                             "t", name);
	/* What a reader that died had begun. */
	state_do("DELETE FROM staged WHERE run IN (SELECT run FROM staged"
	         " WHERE anchor = ?1 AND what = 'begun')",
	         "t", name);
	state_unlock();
	js_put(*ret_answer, "cookie", cookie);
	(void)json_object_set_new(*ret_answer, "known", json_integer(known));
	return true;
}

bool stage_begin(const struct question *q, json_t **ret_answer,
                 struct fault *why)
{
	const char *scope = js_string(q->body, "scope");
	const char *name = NULL;

	if (!known_directory(q, &name, why))
		return false;
	state_lock();
	state_begin();
	int64_t run =
	    state_number("SELECT value FROM meta WHERE name = 'run'", "") + 1;
	state_do("INSERT OR REPLACE INTO meta VALUES('run', ?1)", "i", run);
	state_do("INSERT INTO staged(run, what, anchor, body)"
	         " VALUES(?1, 'begun', ?2, ?3)",
	         "itt", run, name, scope ? scope : "");
	state_commit();
	state_unlock();
	*ret_answer = js_keep(q->arena, json_pack("{s:I}", "run", run));
	return true;
}

/* ---- entries */

static void stage_entry(const struct question *q, int64_t run,
                        const json_t *entry)
{
	struct arena *a = q->arena;
	const char *dn = js_string(entry, "dn");
	const json_t *attributes = js_object(entry, "attributes");
	bool more = js_true(entry, "more");

	state_do("INSERT INTO staged(run, what, anchor, dn, place, class, body,"
	         " joins, sealed, flaw)"
	         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	         "ittttttttt", run, more ? "more" : "entry",
	         js_string(entry, "anchor"), dn, dn_normal(a, dn ? dn : ""),
	         js_string(entry, "class"),
	         attributes ? js_write(a, attributes) : "{}",
	         js_string(entry, "join"), js_string(entry, "sealed"),
	         js_string(entry, "flaw"));
}

bool stage_entries(const struct question *q, json_t **ret_answer,
                   struct fault *why)
{
	const json_t *entries = js_array(q->body, "entries");
	int64_t run = 0;

	state_lock();
	bool good = run_of(q, &run, why);
	if (good) {
		state_begin();
		for (size_t i = 0; i < json_array_size(entries); i++)
			stage_entry(q, run, json_array_get(entries, i));
		state_commit();
	}
	state_unlock();
	*ret_answer = good ? nothing(q) : NULL;
	return good;
}

static bool stage_anchors(const struct question *q, const char *what,
                          json_t **ret_answer, struct fault *why)
{
	const json_t *anchors = js_array(q->body, "anchors");
	int64_t run = 0;

	state_lock();
	bool good = run_of(q, &run, why);
	if (good) {
		state_begin();
		for (size_t i = 0; i < json_array_size(anchors); i++)
			state_do("INSERT INTO staged(run, what, anchor)"
			         " VALUES(?1, ?2, ?3)",
			         "itt", run, what,
			         json_string_value(json_array_get(anchors, i)));
		state_commit();
	}
	state_unlock();
	*ret_answer = good ? nothing(q) : NULL;
	return good;
}

bool stage_present(const struct question *q, json_t **ret_answer,
                   struct fault *why)
{
	return stage_anchors(q, "present", ret_answer, why);
}

bool stage_deleted(const struct question *q, json_t **ret_answer,
                   struct fault *why)
{
	return stage_anchors(q, "deleted", ret_answer, why);
}

bool stage_abort(const struct question *q, json_t **ret_answer,
                 struct fault *why)
{
	int64_t run = js_number(q->body, "run", 0);

	(void)why;
	state_lock();
	state_do("DELETE FROM staged WHERE run = ?1", "i", run);
	state_unlock();
	*ret_answer = nothing(q);
	return true;
}

/* ---- a run that is over: everything at once */

/* One on its way into the records. */
struct commit {
	struct arena *arena;
	const char *directory;
	int64_t run;
};

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
	C_SEQ
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

/* A group that moved or changed changes what its members are, those it had
 * and those it gets. */
static void renew_members(struct commit *c, const char *group, const char *body)
{
	dirty_members(c, group);
	state_do("DELETE FROM members WHERE directory = ?1 AND grp = ?2", "tt",
	         c->directory, group);
	add_members(c, group, body);
	dirty_members(c, group);
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
	return text_equal(known[0], row[C_DN]) &&
	       text_equal(known[1], row[C_CLASS]) &&
	       text_equal(known[2], row[C_BODY]) &&
	       text_equal(known[3], row[C_JOIN]) &&
	       text_equal(known[4], row[C_FLAW]);
}

static void put_record(struct commit *c, char **row)
{
	state_do("INSERT OR REPLACE INTO records VALUES(?1, ?2, ?3, ?4, ?5,"
	         " ?6, ?7, ?8, ?9, ?10)",
	         "ttttttttti", c->directory, row[C_ANCHOR], row[C_DN],
	         row[C_PLACE], row[C_CLASS], row[C_BODY], row[C_JOIN],
	         row[C_SEALED], row[C_FLAW], c->run);
	make_dirty(c->directory, row[C_ANCHOR]);
}

/* A group's later pieces have no record of their own. */
static void commit_entry(struct commit *c, char **row)
{
	size_t count = 0;
	char ***known = state_rows(c->arena, &count,
	                           "SELECT dn, class, body, joins, flaw, place"
	                           " FROM records WHERE directory = ?1"
	                           " AND anchor = ?2",
	                           "tt", c->directory, row[C_ANCHOR]);
	bool is_group = text_equal(row[C_CLASS], "group");

	if (is_group)
		renew_members(c, row[C_ANCHOR], row[C_BODY]);
	if (count == 1 && is_the_same(known[0], row)) {
		state_do("UPDATE records SET seen = ?1 WHERE directory = ?2"
		         " AND anchor = ?3",
		         "itt", c->run, c->directory, row[C_ANCHOR]);
		return;
	}
	put_record(c, row);
	if (count == 1 && text_equal(row[C_CLASS], "other") &&
	    !text_equal(known[0][5], row[C_PLACE]))
		move_below(c, known[0][5], row[C_PLACE]);
	if (is_group)
		dirty_members(c, row[C_ANCHOR]);
}

static void commit_more(struct commit *c, char **row)
{
	add_members(c, row[C_ANCHOR], row[C_BODY]);
	dirty_members(c, row[C_ANCHOR]);
}

static void commit_present(struct commit *c, char **row)
{
	state_do("UPDATE records SET seen = ?1 WHERE directory = ?2"
	         " AND anchor = ?3",
	         "itt", c->run, c->directory, row[C_ANCHOR]);
}

static void commit_deleted(struct commit *c, char **row)
{
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
	struct commit some = { arena_open(), c->directory, c->run };
	size_t count = 0;
	long long last = 0;
	char ***rows = state_rows(
	    some.arena, &count,
	    "SELECT what, anchor, dn, place, class, body, joins, sealed, flaw,"
	    " seq FROM staged WHERE run = ?1 AND seq > ?2 ORDER BY seq"
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
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, ?2"
	         " FROM affiliations AS f WHERE directory = ?1 AND NOT EXISTS"
	         " (SELECT 1 FROM records AS r WHERE r.directory = f.directory"
	         " AND r.anchor = f.anchor)",
	         "ti", c->directory, now_ms());
	state_do("UPDATE sources SET complete = 1, full_at = ?2"
	         " WHERE directory = ?1",
	         "ti", c->directory, clock_now());
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

bool stage_commit(const struct question *q, json_t **ret_answer,
                  struct fault *why)
{
	struct commit c = { .arena = q->arena };
	int64_t seq = 0;

	state_lock();
	bool good = run_of(q, &c.run, why) && count_is(q, c.run, why);
	if (good) {
		c.directory = state_text(q->arena,
		                         "SELECT anchor FROM staged WHERE"
		                         " run = ?1 AND what = 'begun'",
		                         "i", c.run);
		state_begin();
		commit_source(&c, js_string(q->body, "cookie"));
		while (commit_some(&c, &seq))
			continue;
		if (js_true(q->body, "sweep"))
			commit_sweep(&c);
		state_do("DELETE FROM staged WHERE run = ?1", "i", c.run);
		state_commit();
	}
	state_unlock();
	work_came();
	*ret_answer = good ? nothing(q) : NULL;
	return good;
}
