/* SPDX-License-Identifier: AGPL-3.0-or-later
 * provisioner_client.c: sends the entries of a source directory to the
 * provisioner in runs.  A run takes effect only when the provisioner has
 * committed it, with its cookie. */
#include "sync/connector/provisioner_client.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/connector/attribute_map.h"
#include "sync/connector/source_session.h"

enum {
	BATCH_BYTES = 40 * 1024, /* a frame has at most 64 KiB */
	ANCHORS_PER_FRAME = 1000,
};

/* ---- runs */

static bool provisioner_call(struct source_session *s, struct arena *a,
                             enum ipc_message_type kind, json_t *request,
                             json_t **ret_response, struct error *err)
{
	return ipc_call(s->connector->provisioner, a, kind, s->cfg->hash,
	                js_own(a, request), ret_response, err);
}

static bool provisioner_call_discard(struct source_session *s,
                                     enum ipc_message_type kind,
                                     json_t *request, struct error *err)
{
	struct arena *a = arena_open();
	json_t *response = NULL;
	bool good = provisioner_call(s, a, kind, request, &response, err);

	arena_close(a);
	return good;
}

bool provisioner_begin_run(struct source_session *s, struct error *err)
{
	struct arena *a = arena_open();
	json_t *response = NULL;
	json_t *request = json_pack(
	    "{s:s, s:s, s:b}", "directory", s->directory->name, "scope",
	    attribute_map_scope_hash(a, s->directory), "full", s->full_run);

	/* The id of this run, also in the provisioner's log. */
	log_request_new();
	js_set_string(request, "source", s->identity);
	(void)json_object_set_new(
	    request, "certificate",
	    json_integer(s->connector->certificate_expires));
	bool good =
	    provisioner_call(s, a, IPC_SYNC_BEGIN, request, &response, err);

	s->run_id = good ? js_number(response, "run", 0) : 0;
	s->run_entries = 0;
	arena_close(a);
	return good;
}

bool provisioner_ensure_run(struct source_session *s, struct error *err)
{
	return s->run_id > 0 || provisioner_begin_run(s, err);
}

static bool provisioner_flush(struct source_session *s, struct error *err)
{
	if (json_array_size(s->batch) == 0)
		return true;
	json_t *request =
	    json_pack("{s:I, s:O}", "run", s->run_id, "entries", s->batch);
	bool good = provisioner_call_discard(s, IPC_SYNC_ENTRIES, request, err);

	(void)json_array_clear(s->batch);
	s->batch_bytes = 0;
	return good;
}

bool provisioner_queue_entry(struct source_session *s, struct arena *a,
                             json_t *entry, struct error *err)
{
	size_t bytes = strlen(js_dump(a, entry));

	if (!provisioner_ensure_run(s, err))
		return false;
	if (s->batch_bytes + bytes > BATCH_BYTES && !provisioner_flush(s, err))
		return false;
	s->batch_bytes += bytes;
	(void)json_array_append(s->batch, entry);
	if (!js_true(entry, "more"))
		s->run_entries++;
	return true;
}

bool provisioner_commit_run(struct source_session *s, bool delete_unnamed,
                            struct error *err)
{
	if (!provisioner_flush(s, err))
		return false;
	json_t *request =
	    json_pack("{s:I, s:b, s:I}", "run", s->run_id, "delete_unnamed",
	              delete_unnamed, "count", s->run_entries);

	js_set_string(request, "cookie", s->cookie);
	js_set_string(request, "health", s->health_note);
	if (s->connector->went_back)
		(void)json_object_set_new(request, "went_back", json_true());
	s->run_id = 0;
	struct arena *a = arena_open();
	json_t *response = NULL;
	bool good =
	    provisioner_call(s, a, IPC_SYNC_COMMIT, request, &response, err);

	if (good)
		s->connector->went_back = false;
	if (good && js_true(response, "full_sync_needed"))
		atomic_store(&s->connector->full_sync_requested, true);
	arena_close(a);
	return good;
}

bool provisioner_send_now(struct source_session *s, struct arena *a,
                          json_t *entry, json_t **ret_response,
                          struct error *err)
{
	if (!provisioner_ensure_run(s, err) || !provisioner_flush(s, err))
		return false;
	s->run_entries++;
	return provisioner_call(
	    s, a, IPC_SYNC_ENTRIES,
	    json_pack("{s:I, s:[O]}", "run", s->run_id, "entries", entry),
	    ret_response, err);
}

/* ---- anchors and cookie */

static bool provisioner_send_anchor_frame(struct source_session *s,
                                          enum ipc_message_type kind,
                                          char **anchors, size_t count,
                                          struct error *err)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_string(anchors[i]));
	return provisioner_call_discard(
	    s, kind, json_pack("{s:I, s:o}", "run", s->run_id, "anchors", list),
	    err);
}

/* In several frames: slapd names 256 entries in a message, RFC 4533 sets no
 * limit. */
bool provisioner_send_anchors(struct source_session *s,
                              enum ipc_message_type kind, char **anchors,
                              size_t count, struct error *err)
{
	/* Entries queued before these must be sent first. */
	bool good = provisioner_ensure_run(s, err) && provisioner_flush(s, err);

	for (size_t i = 0; i < count && good; i += ANCHORS_PER_FRAME)
		good = provisioner_send_anchor_frame(
		    s, kind, anchors + i,
		    count - i < ANCHORS_PER_FRAME ? count - i
						  : ANCHORS_PER_FRAME,
		    err);
	return good;
}

void provisioner_set_cookie(struct source_session *s, const char *cookie,
                            size_t length)
{
	if (length == 0)
		return;
	arena_close(s->cookie_arena);
	s->cookie_arena = arena_open();
	s->cookie = base64url_encode(s->cookie_arena, cookie, length);
}

/* ---- opening and aborting */

/* age: seconds since the last full sync, also over several sessions. */
static void source_session_schedule_full_sync(struct source_session *s,
                                              int64_t age)
{
	int64_t remaining_s = s->directory->full_sync_interval - age;

	s->full_sync_at =
	    clock_monotonic_ms() + (remaining_s > 0 ? remaining_s : 0) * 1000;
}

bool provisioner_get_state(struct source_session *s, char **ret_cookie,
                           size_t *ret_length, struct error *err)
{
	json_t *response = NULL;
	json_t *request =
	    json_pack("{s:s, s:s}", "directory", s->directory->name, "scope",
	              attribute_map_scope_hash(s->arena, s->directory));

	if (!provisioner_call(s, s->arena, IPC_SYNC_OPEN, request, &response,
	                      err))
		return false;
	const char *cookie = js_string(response, "cookie");
	s->known_entries = js_number(response, "known", 0);
	s->full_sync_age_s = js_number(response, "age", 0);
	source_session_schedule_full_sync(s, s->full_sync_age_s);
	char *bytes = NULL;
	*ret_cookie = NULL;
	if (!cookie)
		return true;
	if (!base64url_decode(s->arena, cookie, strlen(cookie),
	                      (unsigned char **)&bytes, ret_length))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "stored sync cookie is not valid base64");
	s->previous_cookie = arena_memdup(s->arena, bytes, *ret_length);
	if (!s->restart_without_cookie)
		*ret_cookie = bytes;
	return true;
}

void provisioner_abort_run(struct source_session *s, const struct error *err)
{
	json_t *request = json_pack("{s:I, s:s}", "run", s->run_id, "directory",
	                            s->directory->name);

	/* js_set_string() leaves out a text that is not UTF-8, which a
	 * diagnosticMessage of the server may be. */
	js_set_string(request, "error", s->restart_now ? NULL : err->text);
	(void)!provisioner_call_discard(s, IPC_SYNC_ABORT, request, NULL);
}
