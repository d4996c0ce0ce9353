/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_identity_check.c: detects that a directory was replaced, for example
 * by a restored test server or another municipality's. */
#include "sync/writer/guard.h"
#include "sync/writer/state.h"

#include "lib/text.h"

static void believe(const char *directory)
{
	state_do("UPDATE sources SET was = is_now WHERE directory = ?1", "t",
	         directory);
}

/* Returns whether most active affiliations have neither their entry nor, as in
 * a rebuilt directory, another entry with their join value. */
static bool has_lost_half(const char *directory)
{
	int64_t active = state_number("SELECT count(*) FROM affiliations"
	                              " WHERE directory = ?1"
	                              " AND status = 'active'",
	                              "t", directory);
	int64_t missing = state_number(
	    "SELECT count(*) FROM affiliations AS f WHERE f.directory = ?1"
	    " AND f.status = 'active' AND NOT EXISTS (SELECT 1 FROM records"
	    " AS r WHERE r.directory = ?1 AND r.anchor = f.anchor)"
	    " AND NOT EXISTS (SELECT 1 FROM people AS p JOIN records AS r"
	    " ON r.directory = ?1 AND r.joins = p.joins"
	    " WHERE p.id = f.person)",
	    "t", directory);

	return missing * 2 > active;
}

/* A new identifier, or the first one in a new cache, is accepted if its people
 * are present. */
static bool is_stranger(struct arena *a, const char *directory)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT was, is_now, complete FROM sources"
	                          " WHERE directory = ?1",
	                          "t", directory);

	if (count == 0 || !rows[0][1] || text_equal(rows[0][0], rows[0][1]))
		return false;
	bool is_whole = !text_equal(rows[0][2], "0");
	if (allow_is("source", directory, rows[0][1]) ||
	    (is_whole && !has_lost_half(directory))) {
		believe(directory);
		return false;
	}
	return rows[0][0] || is_whole;
}

bool source_is_strange(const char *directory)
{
	struct arena *a = arena_open();
	bool strange = is_stranger(a, directory);

	arena_close(a);
	return strange;
}

bool source_is_silent(const struct directory_conf *d)
{
	struct arena *a = arena_open();
	bool silent =
	    d->canary && plan_is_complete(d->name) &&
	    state_number("SELECT count(*) FROM records WHERE directory = ?1"
	                 " AND place = ?2",
	                 "tt", d->name, dn_normal(a, d->canary)) == 0;

	arena_close(a);
	return silent;
}

char *source_says(struct arena *a, const char *directory)
{
	return state_text(a, "SELECT is_now FROM sources WHERE directory = ?1",
	                  "t", directory);
}
