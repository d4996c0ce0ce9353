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

/* Checks the request's run.  Run ids are never reused, so the requests of a
 * crashed connector cannot mix with those of the next one. */
bool staging_find_run(const struct ipc_request *q, int64_t *ret_run,
                      struct error *err)
{
	int64_t run = js_number(q->body, "run", 0);

	if (run <= 0 || state_number("SELECT count(*) FROM staged"
	                             " WHERE run = ?1 AND what = 'begun'",
	                             "i", run) == 0)
		return error_set(err, ERROR_INVALID, "unknown or finished run");
	*ret_run = run;
	return true;
}

static json_t *staging_empty_reply(const struct ipc_request *q)
{
	return js_own(q->arena, json_object());
}

void staging_discard_all(void)
{
	state_exec("DELETE FROM staged", "");
}

static bool staging_require_directory(const struct ipc_request *q,
                                      const char **ret_name, struct error *err)
{
	const char *name = js_string(q->body, "directory");

	if (!name || !config_directory(q->cfg, name))
		return error_set(err, ERROR_INVALID, "unknown directory");
	*ret_name = name;
	return true;
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
bool staging_open(const struct ipc_request *q, json_t **ret_reply,
                  struct error *err)
{
	const char *scope = js_string(q->body, "scope");
	const char *name = NULL;

	if (!staging_require_directory(q, &name, err))
		return false;
	*ret_reply = staging_empty_reply(q);
	state_lock();
	char *cookie = state_text(q->arena,
	                          "SELECT cookie FROM sources WHERE"
	                          " directory = ?1 AND scope = ?2",
	                          "tt", name, scope ? scope : "");
	int64_t known = state_number("SELECT count(*) FROM records"
	                             " WHERE directory = ?1",
	                             "t", name);
	int64_t full_at = state_number("SELECT full_at FROM sources"
	                               " WHERE directory = ?1",
	                               "t", name);
	/* Discards a crashed connector's run. */
	state_exec("DELETE FROM staged WHERE run IN (SELECT run FROM staged"
	           " WHERE anchor = ?1 AND what = 'begun')",
	           "t", name);
	state_unlock();
	js_set_string(*ret_reply, "cookie", cookie);
	(void)json_object_set_new(*ret_reply, "known", json_integer(known));
	(void)json_object_set_new(*ret_reply, "age",
	                          json_integer(clock_now() - full_at));
	return true;
}

/* For operators: when the server's certificate ends. */
static void staging_record_certificate(const struct ipc_request *q,
                                       const char *directory)
{
	state_exec("INSERT INTO meta VALUES(?1, ?2) ON CONFLICT DO UPDATE"
	           " SET value = excluded.value WHERE value <> excluded.value",
	           "ti", arena_printf(q->arena, "certificate %s", directory),
	           js_number(q->body, "certificate", 0));
}

bool staging_begin(const struct ipc_request *q, json_t **ret_reply,
                   struct error *err)
{
	const char *scope = js_string(q->body, "scope");
	const char *name = NULL;

	if (!staging_require_directory(q, &name, err))
		return false;
	state_lock();
	state_begin();
	int64_t run =
	    state_number("SELECT value FROM meta WHERE name = 'run'", "") + 1;
	state_exec("INSERT OR REPLACE INTO meta VALUES('run', ?1)", "i", run);
	state_exec("INSERT INTO staged(run, what, anchor, body, class, dn)"
	           " VALUES(?1, 'begun', ?2, ?3, ?4, ?5)",
	           "itttt", run, name, scope ? scope : "",
	           js_true(q->body, "full") ? "full" : "",
	           js_string(q->body, "source"));
	staging_record_certificate(q, name);
	staging_record_source_state(name, "reading", NULL);
	state_commit();
	state_unlock();
	*ret_reply = js_own(q->arena, json_pack("{s:I}", "run", run));
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
                                   const json_t *entry, const char *body)
{
	return state_number(
		   "SELECT count(*) FROM records WHERE directory = ?1"
		   " AND anchor = ?2 AND class = 'person' AND class = ?3"
		   " AND dn = ?4 AND body = ?5 AND joins IS ?6 AND flaw IS ?7"
		   " AND csn IS ?8 AND NOT EXISTS (SELECT 1 FROM staged WHERE"
		   " run = ?9 AND what IN ('entry', 'deleted')"
		   " AND anchor = ?2)",
		   "tttttttti", t->directory, js_string(entry, "anchor"),
		   js_string(entry, "class"), js_string(entry, "dn"), body,
		   js_string(entry, "join"), js_string(entry, "flaw"),
		   js_string(entry, "csn"), t->run) > 0;
}

static void staging_add_entry(const struct staging_run *t, const json_t *entry)
{
	const char *dn = js_string(entry, "dn");
	const json_t *attributes = js_object(entry, "attributes");
	const char *body = attributes ? js_dump(t->arena, attributes) : "{}";
	bool more = js_true(entry, "more");

	if (!more && staging_entry_is_known(t, entry, body)) {
		state_exec("INSERT INTO staged(run, what, anchor, dn)"
		           " VALUES(?1, 'same', ?2, ?3)",
		           "itt", t->run, js_string(entry, "anchor"), dn);
		return;
	}
	state_exec(
	    "INSERT INTO staged(run, what, anchor, dn, place, class, body,"
	    " joins, sealed, flaw, csn)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	    "itttttttttt", t->run, more ? "more" : "entry",
	    js_string(entry, "anchor"), dn,
	    dn_normalize(t->arena, dn ? dn : ""), js_string(entry, "class"),
	    body, js_string(entry, "join"), js_string(entry, "sealed"),
	    js_string(entry, "flaw"), js_string(entry, "csn"));
}

/* The first request of a large group has only the digests of its buckets. */
static const json_t *staging_large_group(const json_t *entries)
{
	const json_t *entry = json_array_get(entries, 0);

	return js_array(js_object(entry, "attributes"), "buckets") ? entry
	                                                           : NULL;
}

static json_t *staging_requested_buckets(const struct ipc_request *q,
                                         const struct staging_run *t,
                                         const json_t *entry)
{
	json_t *reply = staging_empty_reply(q);

	(void)json_object_set(
	    reply, "buckets_needed",
	    membership_buckets_needed(q->arena, t->run, t->directory,
	                              js_string(entry, "anchor"),
	                              js_object(entry, "attributes")));
	return reply;
}

bool staging_add_entries(const struct ipc_request *q, json_t **ret_reply,
                         struct error *err)
{
	const json_t *entries = js_array(q->body, "entries");
	const json_t *large = staging_large_group(entries);
	struct staging_run t = { .arena = q->arena };
	json_t *reply = staging_empty_reply(q);

	state_lock();
	bool good = staging_find_run(q, &t.run, err);
	if (good) {
		t.directory = staging_run_directory(q->arena, t.run);
		if (large)
			reply = staging_requested_buckets(q, &t, large);
		state_begin();
		for (size_t i = 0; i < json_array_size(entries); i++)
			staging_add_entry(&t, json_array_get(entries, i));
		state_commit();
	}
	state_unlock();
	*ret_reply = good ? reply : NULL;
	return good;
}

static bool staging_add_anchors(const struct ipc_request *q, const char *what,
                                json_t **ret_reply, struct error *err)
{
	const json_t *anchors = js_array(q->body, "anchors");
	int64_t run = 0;

	state_lock();
	bool good = staging_find_run(q, &run, err);
	if (good) {
		state_begin();
		for (size_t i = 0; i < json_array_size(anchors); i++)
			state_exec(
			    "INSERT INTO staged(run, what, anchor)"
			    " VALUES(?1, ?2, ?3)",
			    "itt", run, what,
			    json_string_value(json_array_get(anchors, i)));
		state_commit();
	}
	state_unlock();
	*ret_reply = good ? staging_empty_reply(q) : NULL;
	return good;
}

bool staging_add_present(const struct ipc_request *q, json_t **ret_reply,
                         struct error *err)
{
	return staging_add_anchors(q, "present", ret_reply, err);
}

bool staging_add_deleted(const struct ipc_request *q, json_t **ret_reply,
                         struct error *err)
{
	return staging_add_anchors(q, "deleted", ret_reply, err);
}

bool staging_abort(const struct ipc_request *q, json_t **ret_reply,
                   struct error *err)
{
	int64_t run = js_number(q->body, "run", 0);
	const char *name = js_string(q->body, "directory");
	const char *error = js_string(q->body, "error");

	(void)err;
	state_lock();
	state_exec("DELETE FROM staged WHERE run = ?1", "i", run);
	if (name && error)
		staging_record_source_state(name, "away", error);
	state_unlock();
	*ret_reply = staging_empty_reply(q);
	return true;
}
