/* SPDX-License-Identifier: AGPL-3.0-or-later
 * staging.c: stores what connectors send until the run is committed
 * (staging_commit.c).  A run that ends in any other way has no effect. */
#include "sync/engine/source/staging.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/directory.h"
#include "region/ldap/dn.h"
#include "sync/engine/source/group_membership_cache.h"
#include "sync/engine/source/staging_private.h"
#include "sync/engine/state/state.h"

/* ---- runs */

/* Run ids are never reused, so the requests of a crashed connector cannot mix
 * with those of the next one. */
bool staging_require_run(int64_t run, struct error *err)
{
	return (run > 0 && state_number("SELECT count(*) FROM staged"
	                                " WHERE run = ?1 AND what = 'begun'",
	                                "i", run) > 0) ||
	       error_set(err, ERROR_INVALID, "unknown or finished run");
}

void staging_discard_all(void)
{
	state_exec("DELETE FROM staged", "");
}

static bool staging_require_directory(const struct ipc_request *q,
                                      const char *name, struct error *err)
{
	return config_directory(q->cfg, name) ||
	       error_set(err, ERROR_INVALID, "unknown directory");
}

/* Stores the state of the connection to a directory. */
static void staging_record_source_state(const char *name, const char *state,
                                        const char *error)
{
	state_exec("INSERT INTO sources(directory) VALUES(?1)"
	           " ON CONFLICT DO NOTHING",
	           "t", name);
	state_exec("UPDATE sources SET state = ?2, error = ?3,"
	           " error_at = CASE WHEN ?3 IS NULL THEN error_at ELSE ?4 END"
	           " WHERE directory = ?1 AND NOT (?2 = 'reading'"
	           " AND coalesce(state, '') = 'following')",
	           "ttti", name, state, error, clock_now());
}

/* A cookie is valid for the scope it was issued for: the same entries, mapping
 * and server. */
bool staging_open(const struct ipc_request *q,
                  const struct sync_open_request *request,
                  struct sync_open_reply *reply, struct error *err)
{
	const char *name = request->directory;

	if (!staging_require_directory(q, name, err))
		return false;
	state_lock();
	reply->cookie = state_text(q->arena,
	                           "SELECT cookie FROM sources WHERE"
	                           " directory = ?1 AND scope = ?2",
	                           "tt", name, request->scope);
	reply->known = state_number("SELECT count(*) FROM records"
	                            " WHERE directory = ?1",
	                            "t", name);
	reply->age = clock_now() - state_number("SELECT full_at FROM sources"
	                                        " WHERE directory = ?1",
	                                        "t", name);
	/* Discards a crashed connector's run. */
	state_exec("DELETE FROM staged WHERE run IN (SELECT run FROM staged"
	           " WHERE anchor = ?1 AND what = 'begun')",
	           "t", name);
	state_unlock();
	return true;
}

/* For operators: when the server's certificate ends. */
static void staging_record_certificate(struct arena *a,
                                       const struct sync_begin_request *request)
{
	state_exec("INSERT INTO meta VALUES(?1, ?2) ON CONFLICT DO UPDATE"
	           " SET value = excluded.value WHERE value <> excluded.value",
	           "ti", arena_printf(a, "certificate %s", request->directory),
	           (int64_t)request->certificate);
}

bool staging_begin(const struct ipc_request *q,
                   const struct sync_begin_request *request,
                   struct sync_begin_reply *reply, struct error *err)
{
	if (!staging_require_directory(q, request->directory, err))
		return false;
	state_lock();
	state_begin();
	int64_t run =
	    state_number("SELECT value FROM meta WHERE name = 'run'", "") + 1;
	state_exec("INSERT OR REPLACE INTO meta VALUES('run', ?1)", "i", run);
	state_exec("INSERT INTO staged(run, what, anchor, body, class, dn)"
	           " VALUES(?1, 'begun', ?2, ?3, ?4, ?5)",
	           "itttt", run, request->directory, request->scope,
	           request->full ? "full" : "", request->source);
	staging_record_certificate(q->arena, request);
	staging_record_source_state(request->directory, "reading", NULL);
	state_commit();
	state_unlock();
	reply->run = run;
	return true;
}

/* ---- entries */

char *staging_run_directory(struct arena *a, int64_t run)
{
	return state_text(a,
	                  "SELECT anchor FROM staged WHERE run = ?1"
	                  " AND what = 'begun'",
	                  "i", run);
}

/* The connector's run, for each of its entries. */
struct staging_run {
	struct arena *arena;
	int64_t run;
	const char *directory;
};

/* Returns whether a person's entry equals the stored one and did not come
 * before in this run: nearly all in a full read.  Containers and groups affect
 * other entries and are always staged. */
static bool staging_entry_is_known(const struct staging_run *t,
                                   const struct sync_entry *entry,
                                   const char *body)
{
	return state_number(
		   "SELECT count(*) FROM records WHERE directory = ?1"
		   " AND anchor = ?2 AND class = 'person' AND class = ?3"
		   " AND dn = ?4 AND body = ?5 AND joins IS ?6 AND flaw IS ?7"
		   " AND csn IS ?8 AND NOT EXISTS (SELECT 1 FROM staged WHERE"
		   " run = ?9 AND what IN ('entry', 'deleted')"
		   " AND anchor = ?2)",
		   "tttttttti", t->directory, entry->anchor,
		   entry_class_name(entry->class), entry->dn, body, entry->join,
		   entry->flaw, entry->csn, t->run) > 0;
}

static void staging_add_entry(const struct staging_run *t,
                              const struct sync_entry *entry)
{
	const char *dn = entry->dn;
	const char *body =
	    entry->attributes ? js_dump(t->arena, entry->attributes) : "{}";

	if (!entry->more && staging_entry_is_known(t, entry, body)) {
		state_exec("INSERT INTO staged(run, what, anchor, dn)"
		           " VALUES(?1, 'same', ?2, ?3)",
		           "itt", t->run, entry->anchor, dn);
		return;
	}
	state_exec(
	    "INSERT INTO staged(run, what, anchor, dn, place, class, body,"
	    " joins, sealed, flaw, csn)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	    "itttttttttt", t->run, entry->more ? "more" : "entry",
	    entry->anchor, dn, dn_normalize(t->arena, dn ? dn : ""),
	    entry_class_name(entry->class), body, entry->join, entry->sealed,
	    entry->flaw, entry->csn);
}

/* The first request of a large group has only the digests of its buckets. */
static void staging_request_buckets(const struct staging_run *t,
                                    const struct sync_entries_request *request,
                                    struct sync_entries_reply *reply)
{
	const struct sync_entry *entry = request->entries;

	if (request->entries_count == 0 ||
	    !js_array(entry->attributes, "buckets"))
		return;
	reply->buckets_needed = membership_buckets_needed(
	    t->arena, t->run, t->directory, entry->anchor, entry->attributes,
	    &reply->buckets_needed_count);
}

bool staging_add_entries(const struct ipc_request *q,
                         const struct sync_entries_request *request,
                         struct sync_entries_reply *reply, struct error *err)
{
	struct staging_run t = { .arena = q->arena, .run = request->run };

	state_lock();
	bool good = staging_require_run(t.run, err);
	if (good) {
		t.directory = staging_run_directory(q->arena, t.run);
		staging_request_buckets(&t, request, reply);
		state_begin();
		for (size_t i = 0; i < request->entries_count; i++)
			staging_add_entry(&t, &request->entries[i]);
		state_commit();
	}
	state_unlock();
	return good;
}

static bool staging_add_anchors(int64_t run, const char *what,
                                const char *const *anchors, size_t count,
                                struct error *err)
{
	state_lock();
	bool good = staging_require_run(run, err);
	if (good) {
		state_begin();
		for (size_t i = 0; i < count; i++)
			state_exec("INSERT INTO staged(run, what, anchor)"
			           " VALUES(?1, ?2, ?3)",
			           "itt", run, what, anchors[i]);
		state_commit();
	}
	state_unlock();
	return good;
}

bool staging_add_present(const struct ipc_request *q,
                         const struct sync_present_request *request,
                         struct sync_present_reply *reply, struct error *err)
{
	(void)q, (void)reply;
	return staging_add_anchors(request->run, "present", request->anchors,
	                           request->anchors_count, err);
}

bool staging_add_deleted(const struct ipc_request *q,
                         const struct sync_deleted_request *request,
                         struct sync_deleted_reply *reply, struct error *err)
{
	(void)q, (void)reply;
	return staging_add_anchors(request->run, "deleted", request->anchors,
	                           request->anchors_count, err);
}

bool staging_abort(const struct ipc_request *q,
                   const struct sync_abort_request *request,
                   struct sync_abort_reply *reply, struct error *err)
{
	(void)q, (void)reply, (void)err;
	state_lock();
	state_exec("DELETE FROM staged WHERE run = ?1", "i",
	           (int64_t)request->run);
	if (request->error)
		staging_record_source_state(request->directory, "away",
		                            request->error);
	state_unlock();
	return true;
}
