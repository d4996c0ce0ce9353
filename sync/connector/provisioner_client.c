/* SPDX-License-Identifier: AGPL-3.0-or-later
 * provisioner_client.c: sends the entries of a source directory to the
 * provisioner in runs.  A run takes effect only when the provisioner has
 * committed it, with its cookie. */
#include "sync/connector/provisioner_client.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/connector/attribute_map.h"
#include "sync/connector/source_session.h"

enum {
	BATCH_BYTES = 40 * 1024, /* a frame has at most 64 KiB */
	ENTRIES_PER_FRAME = 512,
	ANCHORS_PER_FRAME = 1000,
};

/* ---- runs */

bool provisioner_begin_run(struct source_session *s, struct error *err)
{
	struct arena *a = arena_open();
	struct sync_begin_reply reply = { 0 };

	/* The id of this run, also in the provisioner's log. */
	log_request_new();
	const struct sync_begin_request request = {
		.directory = s->directory->name,
		.scope = attribute_map_scope_hash(a, s->directory),
		.full = s->full_run,
		.source = s->identity,
		.certificate = s->connector->certificate_expires,
	};
	bool good = sync_begin_call(s->connector->provisioner, a, s->cfg->hash,
	                            &request, &reply, err);

	s->run_id = good ? reply.run : 0;
	s->run_entries = 0;
	arena_close(a);
	return good;
}

bool provisioner_ensure_run(struct source_session *s, struct error *err)
{
	return s->run_id > 0 || provisioner_begin_run(s, err);
}

/* Sends entries of the run. */
static bool provisioner_send_entries(struct source_session *s, struct arena *a,
                                     const struct sync_entry *entries,
                                     size_t count,
                                     struct sync_entries_reply *ret_reply,
                                     struct error *err)
{
	const struct sync_entries_request request = { .run = s->run_id,
		                                      .entries = entries,
		                                      .entries_count = count };

	return sync_entries_call(s->connector->provisioner, a, s->cfg->hash,
	                         &request, ret_reply, err);
}

void provisioner_drop_batch(struct source_session *s)
{
	arena_close(s->batch_arena);
	s->batch_arena = NULL;
	s->batch = NULL;
	s->batch_count = s->batch_bytes = 0;
}

static bool provisioner_flush(struct source_session *s, struct error *err)
{
	if (s->batch_count == 0)
		return true;
	bool good = provisioner_send_entries(s, s->batch_arena, s->batch,
	                                     s->batch_count, NULL, err);

	provisioner_drop_batch(s);
	return good;
}

static struct sync_entry sync_entry_copy(struct arena *a,
                                         const struct sync_entry *e)
{
	return (struct sync_entry){
		.anchor = arena_strdup(a, e->anchor),
		.dn = arena_strdup(a, e->dn),
		.class = e->class,
		.csn = arena_strdup(a, e->csn),
		.attributes = js_own(a, json_incref(e->attributes)),
		.join = arena_strdup(a, e->join),
		.sealed = arena_strdup(a, e->sealed),
		.flaw = arena_strdup(a, e->flaw),
		.more = e->more,
	};
}

static void provisioner_batch_append(struct source_session *s,
                                     const struct sync_entry *entry)
{
	if (!s->batch_arena) {
		s->batch_arena = arena_open();
		s->batch = arena_array(s->batch_arena, struct sync_entry,
		                       ENTRIES_PER_FRAME);
	}
	s->batch[s->batch_count++] = sync_entry_copy(s->batch_arena, entry);
}

bool provisioner_queue_entry(struct source_session *s, struct arena *a,
                             const struct sync_entry *entry, struct error *err)
{
	json_t *written = NULL;

	if (!sync_entry_write(entry, &written, err))
		return false;
	size_t bytes = strlen(js_dump(a, js_own(a, written)));

	if (!provisioner_ensure_run(s, err))
		return false;
	if ((s->batch_bytes + bytes > BATCH_BYTES ||
	     s->batch_count == ENTRIES_PER_FRAME) &&
	    !provisioner_flush(s, err))
		return false;
	s->batch_bytes += bytes;
	provisioner_batch_append(s, entry);
	if (!entry->more)
		s->run_entries++;
	return true;
}

bool provisioner_commit_run(struct source_session *s, bool delete_unnamed,
                            struct error *err)
{
	if (!provisioner_flush(s, err))
		return false;
	const struct sync_commit_request request = {
		.run = s->run_id,
		.delete_unnamed = delete_unnamed,
		.count = s->run_entries,
		.cookie = s->cookie,
		.health = s->health_note,
		.went_back = s->connector->went_back,
	};
	struct sync_commit_reply reply;
	struct arena *a = arena_open();

	s->run_id = 0;
	bool good = sync_commit_call(s->connector->provisioner, a, s->cfg->hash,
	                             &request, &reply, err);

	if (good)
		s->connector->went_back = false;
	if (good && reply.full_sync_needed)
		atomic_store(&s->connector->full_sync_requested, true);
	arena_close(a);
	return good;
}

bool provisioner_send_now(struct source_session *s, struct arena *a,
                          const struct sync_entry *entry,
                          struct sync_entries_reply *ret_reply,
                          struct error *err)
{
	if (!provisioner_ensure_run(s, err) || !provisioner_flush(s, err))
		return false;
	s->run_entries++;
	return provisioner_send_entries(s, a, entry, 1, ret_reply, err);
}

/* ---- anchors and cookie */

static bool provisioner_send_anchor_frame(struct source_session *s,
                                          bool present, char **anchors,
                                          size_t count, struct error *err)
{
	struct ipc_client *k = s->connector->provisioner;
	const char *const *list = (const char *const *)anchors;
	const struct sync_present_request as_present = { s->run_id, list,
		                                         count };
	const struct sync_deleted_request as_deleted = { s->run_id, list,
		                                         count };
	struct arena *a = arena_open();
	bool good =
	    present
		? sync_present_call(k, a, s->cfg->hash, &as_present, NULL, err)
		: sync_deleted_call(k, a, s->cfg->hash, &as_deleted, NULL, err);

	arena_close(a);
	return good;
}

/* In several frames: slapd names 256 entries in a message, RFC 4533 sets no
 * limit. */
bool provisioner_send_anchors(struct source_session *s, bool present,
                              char **anchors, size_t count, struct error *err)
{
	/* Entries queued before these must be sent first. */
	bool good = provisioner_ensure_run(s, err) && provisioner_flush(s, err);

	for (size_t i = 0; i < count && good; i += ANCHORS_PER_FRAME)
		good = provisioner_send_anchor_frame(
		    s, present, anchors + i,
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
	const struct sync_open_request request = {
		.directory = s->directory->name,
		.scope = attribute_map_scope_hash(s->arena, s->directory),
	};
	struct sync_open_reply reply;

	if (!sync_open_call(s->connector->provisioner, s->arena, s->cfg->hash,
	                    &request, &reply, err))
		return false;
	const char *cookie = reply.cookie;
	s->known_entries = reply.known;
	s->full_sync_age_s = reply.age;
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
	struct arena *a = arena_open();
	const struct sync_abort_request request = {
		.run = s->run_id,
		.directory = s->directory->name,
		/* A diagnosticMessage of the server may not be UTF-8. */
		.error = s->restart_now
		             ? NULL
		             : escape_string(a, escape_utf8, err->text),
	};

	(void)!sync_abort_call(s->connector->provisioner, a, s->cfg->hash,
	                       &request, NULL, NULL);
	arena_close(a);
}
