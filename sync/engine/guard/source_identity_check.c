/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_identity_check.c: detects that a directory was replaced, for example
 * by a restored test server or another municipality's. */
#include "sync/engine/guard/source_identity_check.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/directory.h"
#include "region/ldap/dn.h"
#include "sync/engine/guard/approvals.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/state.h"

static void source_identity_accept(const char *directory)
{
	state_exec("UPDATE sources SET was = is_now WHERE directory = ?1", "t",
	           directory);
}

/* Returns whether most active affiliations have neither their entry nor, as in
 * a rebuilt directory, another entry with their join value. */
static bool source_has_lost_half(const char *directory)
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
static bool source_identity_differs(struct arena *a, const char *directory)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT was, is_now, complete FROM sources"
	                          " WHERE directory = ?1",
	                          "t", directory);

	if (count == 0 || !rows[0][1] || text_equal(rows[0][0], rows[0][1]))
		return false;
	bool is_complete = !text_equal(rows[0][2], "0");
	if (approvals_is_allowed("source", directory, rows[0][1]) ||
	    (is_complete && !source_has_lost_half(directory))) {
		source_identity_accept(directory);
		return false;
	}
	return rows[0][0] || is_complete;
}

bool source_identity_has_changed(const char *directory)
{
	struct arena *a = arena_open();
	bool has_changed = source_identity_differs(a, directory);

	arena_close(a);
	return has_changed;
}

static bool source_has_held(const char *directory)
{
	return state_number("SELECT EXISTS (SELECT 1 FROM held WHERE"
	                    " directory = ?1 AND reason = 'source')",
	                    "t", directory) > 0;
}

char *source_went_back_evidence(struct arena *a, const char *directory)
{
	int64_t when = state_number("SELECT went_back_at FROM sources"
	                            " WHERE directory = ?1",
	                            "t", directory);

	if (when == 0 || (when <= clock_now() - THRESHOLD_WEEK &&
	                  !source_has_held(directory)))
		return NULL;
	return arena_printf(a, "went-back-%lld", (long long)when);
}

bool source_went_back(const char *directory)
{
	struct arena *a = arena_open();
	char *evidence = source_went_back_evidence(a, directory);
	bool went_back =
	    evidence && !approvals_is_allowed("source", directory, evidence);

	arena_close(a);
	return went_back;
}

bool source_canary_is_missing(const struct directory_conf *d)
{
	struct arena *a = arena_open();
	bool is_missing =
	    d->canary && source_is_complete(d->name) &&
	    state_number("SELECT count(*) FROM records WHERE directory = ?1"
	                 " AND place = ?2",
	                 "tt", d->name, dn_normalize(a, d->canary)) == 0;

	arena_close(a);
	return is_missing;
}

char *source_identity_current(struct arena *a, const char *directory)
{
	return state_text(a, "SELECT is_now FROM sources WHERE directory = ?1",
	                  "t", directory);
}
