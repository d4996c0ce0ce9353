/* SPDX-License-Identifier: AGPL-3.0-or-later
 * brake.c: holds those who would leave when too many would.  An emptied
 * directory looks exactly like a municipality where everybody quit; everybody
 * else's changes go on meanwhile. */
#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

enum {
	FEW = 10,              /* as many may always leave */
	USUAL_PERCENT = 2,     /* of a directory that is configured no more */
	WINDOW = 600,          /* seconds over which leavers count together */
	SETTLE_MS = 600,       /* a stream of deletions is seen whole ... */
	SETTLE_MOST_MS = 1200, /* ... if it does not last too long */
};

bool brake_holds(size_t leaving, size_t total, int percent)
{
	size_t share = total * (size_t)percent / 100;

	if (leaving == 0)
		return false;
	if (leaving >= total)
		return true;
	return leaving > (share > FEW ? share : FEW) || leaving * 2 > total;
}

/* Those of one directory who would leave now. */
struct suspects {
	struct arena *arena;
	const struct region *region;
	const char *directory;
	LIST(const char *) anchors; /* not released */
	size_t fresh;               /* of them, not held yet */
	int64_t newest, oldest;     /* when they were noticed, ms */
};

static void add_suspect(struct suspects *s, char **row)
{
	int64_t at = 0;
	long long noticed = 0;

	if (text_to_number(row[1], 0, INT64_MAX, &noticed))
		at = noticed;
	*list_add(s->arena, &s->anchors) = row[0];
	s->fresh += text_equal(row[2], "0");
	if (at > s->newest)
		s->newest = at;
	if (s->oldest == 0 || at < s->oldest)
		s->oldest = at;
}

static void find_suspects(struct suspects *s)
{
	size_t count = 0;
	char ***rows = state_rows(
	    s->arena, &count,
	    "SELECT d.anchor, max(d.at), max(d.held) FROM"
	    " (SELECT anchor, at, 0 AS held FROM dirty WHERE directory = ?1"
	    "  UNION ALL"
	    "  SELECT anchor, 0, 1 FROM held WHERE directory = ?1) AS d"
	    " JOIN affiliations AS f ON f.directory = ?1"
	    " AND f.anchor = d.anchor AND f.status = 'active'"
	    " WHERE NOT EXISTS (SELECT 1 FROM released AS x WHERE"
	    " x.directory = ?1 AND x.anchor = d.anchor) GROUP BY d.anchor",
	    "t", s->directory);

	for (size_t i = 0; i < count; i++) {
		struct arena *a = arena_open();

		if (plan_would_leave(a, s->region, s->directory, rows[i][0]))
			add_suspect(s, rows[i]);
		arena_close(a);
	}
}

/* Those who left within the window leave together with these, and are part of
 * the whole still. */
static size_t left_lately(const char *directory)
{
	return (size_t)state_number("SELECT count(*) FROM gone WHERE"
	                            " directory = ?1 AND at > ?2",
	                            "ti", directory, clock_now() - WINDOW);
}

void brake_note_leaver(const char *directory, const char *anchor)
{
	state_do("DELETE FROM gone WHERE at <= ?1", "i", clock_now() - WINDOW);
	state_do(
	    "INSERT OR REPLACE INTO gone SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
	    " (SELECT 1 FROM released WHERE directory = ?1"
	    " AND anchor = ?2)",
	    "tti", directory, anchor, clock_now());
}

/* A release is for leaving once. */
void brake_forget(const char *directory, const char *anchor)
{
	state_do("DELETE FROM gone WHERE directory = ?1 AND anchor = ?2", "tt",
	         directory, anchor);
	state_do("DELETE FROM released WHERE directory = ?1 AND anchor = ?2",
	         "tt", directory, anchor);
}

static size_t active_now(const char *directory)
{
	return (size_t)state_number("SELECT count(*) FROM affiliations WHERE"
	                            " directory = ?1 AND status = 'active'",
	                            "t", directory);
}

static void hold(const struct suspects *s, size_t total)
{
	struct arena *a = s->arena;
	int64_t before = state_number("SELECT count(*) FROM held"
	                              " WHERE directory = ?1",
	                              "t", s->directory);

	if (s->fresh == 0 && before == (int64_t)s->anchors.count)
		return;
	state_do("DELETE FROM held WHERE directory = ?1", "t", s->directory);
	for (size_t i = 0; i < s->anchors.count; i++)
		state_do("INSERT OR IGNORE INTO held VALUES(?1, ?2, ?3)", "tti",
		         s->directory, s->anchors.at[i], clock_now());
	log_warn("too many would leave, they are held", "directory",
	         s->directory, "held", arena_print(a, "%zu", s->anchors.count),
	         "of", arena_print(a, "%zu", total), NULL);
}

/* Those who were held and need not be are looked at again. */
static void let_go(const char *directory)
{
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, 0"
	         " FROM held WHERE directory = ?1",
	         "t", directory);
	state_do("DELETE FROM held WHERE directory = ?1", "t", directory);
}

static bool still_coming(const struct suspects *s)
{
	int64_t now = now_ms();

	return s->newest > 0 && now - s->newest < SETTLE_MS &&
	       now - s->oldest < SETTLE_MOST_MS;
}

static void look_at(struct suspects *s, int percent, json_t *waiting)
{
	find_suspects(s);
	if (s->anchors.count > 0 && still_coming(s)) {
		for (size_t i = 0; i < s->anchors.count; i++)
			(void)json_object_set_new(waiting,
			                          record_name(s->arena,
			                                      s->directory,
			                                      s->anchors.at[i]),
			                          json_true());
		return;
	}
	size_t lately = left_lately(s->directory);
	size_t total = active_now(s->directory) + lately;
	bool holds = s->anchors.count > 0 &&
	             brake_holds(s->anchors.count + lately, total, percent);
	if (holds)
		hold(s, total);
	else
		let_go(s->directory);
}

/* Every directory that anybody is known from: one that was taken out of the
 * configuration lets its people go all at once, by mistake or not. */
void brake_look(const struct region *r, json_t *waiting)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count, "SELECT DISTINCT directory FROM affiliations", "");

	for (size_t i = 0; i < count; i++) {
		const struct directory_conf *d =
		    region_directory(r, rows[i][0]);
		struct suspects s = { .arena = arena_open(),
			              .region = r,
			              .directory = rows[i][0] };

		look_at(&s, d ? d->brake_percent : USUAL_PERCENT, waiting);
		arena_close(s.arena);
	}
	arena_close(a);
}
