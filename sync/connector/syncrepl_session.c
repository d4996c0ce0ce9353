/* SPDX-License-Identifier: AGPL-3.0-or-later
 * syncrepl_session.c: a session with syncrepl (RFC 4533, refreshAndPersist):
 * the directory sends changes when they happen.  Ends with an error; the next
 * session sends the committed cookie. */
#include "sync/connector/syncrepl_session.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "sync/connector/attribute_map.h"
#include "sync/connector/changelog.h"
#include "sync/connector/provisioner_client.h"
#include "sync/connector/refresh_delete_policy.h"
#include "sync/connector/skew_and_cert_check.h"
#include "sync/connector/source_entry_send.h"
#include "sync/connector/source_session.h"
#include "sync/connector/went_back.h"

enum {
	COMMIT_ENTRIES = 200, /* commits a run of the persist stage; so does
	                       * idle */
	MAX_STALE_MS = 60000, /* for replication from the other servers */
};

static bool syncrepl_session_on_entry(void *data, const char *uuid,
                                      const struct directory_entry *e,
                                      struct error *err)
{
	struct source_session *s = data;

	s->received_count++;
	return source_entry_send(s, uuid, e, err);
}

static bool syncrepl_session_on_present(void *data, char **uuids, size_t count,
                                        struct error *err)
{
	struct source_session *s = data;

	s->present_count += (int64_t)count;
	return provisioner_send_anchors(s, true, uuids, count, err);
}

static bool syncrepl_session_on_deleted(void *data, char **uuids, size_t count,
                                        struct error *err)
{
	return provisioner_send_anchors(data, false, uuids, count, err);
}

static struct refresh_outcome refresh_outcome_of(const struct source_session *s,
                                                 int result_code)
{
	return (struct refresh_outcome){ .kind = s->directory->type,
		                         .result_code = result_code,
		                         .cookie_sent = s->cookie_sent,
		                         .received_count = s->received_count,
		                         .present_count = s->present_count,
		                         .known_entries = s->known_entries };
}

static bool syncrepl_session_on_refreshed(void *data, const char *cookie,
                                          size_t length, bool deletes,
                                          struct error *err)
{
	struct source_session *s = data;
	struct refresh_outcome outcome = refresh_outcome_of(s, 0);

	outcome.cookie_received = length > 0;
	outcome.refresh_deletes = deletes;
	enum refresh_delete_policy policy = refresh_delete_policy_of(&outcome);
	if (policy == REFRESH_RESTART) {
		s->restart_without_cookie = true;
		s->restart_now = true;
		return error_set(err, ERROR_REFUSED,
		                 "full refresh without cookie required");
	}
	source_clock_skew_check(s, cookie, length, false);
	went_back_check_cookie(s, cookie, length);
	provisioner_set_cookie(s, cookie, length);
	if (!provisioner_ensure_run(s, err) ||
	    !provisioner_commit_run(s, policy == REFRESH_IMPLICIT_DELETES, err))
		return false;
	s->connector->stale_since = 0;
	s->full_run = false;
	daemon_trim_heap();
	s->refreshed = true;
	if (policy == REFRESH_IMPLICIT_DELETES)
		s->full_sync_at = clock_monotonic_ms() +
		                  s->directory->full_sync_interval * 1000;
	return true;
}

static bool syncrepl_session_on_cookie(void *data, const char *cookie,
                                       size_t length, struct error *err)
{
	struct source_session *s = data;

	source_clock_skew_check(s, cookie, length, s->idle);
	s->idle = false;
	provisioner_set_cookie(s, cookie, length);
	if (s->run_entries < COMMIT_ENTRIES)
		return true;
	return provisioner_commit_run(s, false, err);
}

static bool syncrepl_session_on_idle(void *data, struct error *err)
{
	struct source_session *s = data;

	s->idle = true;
	if (s->run_id > 0 && !provisioner_commit_run(s, false, err))
		return false;
	return !source_session_must_end(s, err);
}

static const struct syncrepl_callbacks syncrepl_session_callbacks = {
	.entry = syncrepl_session_on_entry,
	.present = syncrepl_session_on_present,
	.deleted = syncrepl_session_on_deleted,
	.refresh_done = syncrepl_session_on_refreshed,
	.cookie = syncrepl_session_on_cookie,
	.idle = syncrepl_session_on_idle,
};

/* Decides why a server has older data than we have.  One of several servers may
 * wait for replication; its entries would undo newer changes.  If it is the
 * only server, or still has older data after MAX_STALE_MS, it was restored from
 * a backup, and its data is right. */
static bool server_was_restored(struct source_session *s)
{
	int64_t now = clock_monotonic_ms();

	if (!s->directory->uris[1])
		return true;
	if (s->connector->stale_since == 0)
		s->connector->stale_since = now;
	return now - s->connector->stale_since >= MAX_STALE_MS;
}

/* Sets how the next session starts, after an interrupted or rejected refresh.
 */
static void syncrepl_session_after_error(struct source_session *s,
                                         int result_code)
{
	struct refresh_outcome outcome = refresh_outcome_of(s, result_code);
	enum refresh_delete_policy policy =
	    result_code == 0 ? REFRESH_DISCARD
			     : refresh_delete_policy_of(&outcome);

	if (policy == REFRESH_RESTART)
		s->restart_without_cookie = true;
	else if (policy == REFRESH_STALE_PROVIDER && server_was_restored(s)) {
		went_back_note(s);
		s->restart_without_cookie = true;
	} else if (policy == REFRESH_STALE_PROVIDER)
		source_session_skip_address(s);
}

/* Sets *cookie to NULL if the changelog does not cover it (389-DS). */
static bool syncrepl_session_check_cookie(struct source_session *s,
                                          struct directory *d, char **cookie,
                                          size_t length, struct error *err)
{
	bool covers = true;

	if (s->previous_cookie && s->directory->type == DIRECTORY_389DS &&
	    !changelog_check(s, d, s->previous_cookie, length, &covers, err))
		return false;
	if (*cookie && !covers) {
		log_event(LOG_SYNC_SOURCE_FULL_READ, "directory",
		          s->directory->name, NULL);
		*cookie = NULL;
	}
	s->cookie_sent = *cookie != NULL;
	s->full_run = !s->cookie_sent;
	s->restart_without_cookie = false;
	return true;
}

bool syncrepl_session_run(struct source_session *s, struct error *err)
{
	struct directory *d = NULL;
	char *cookie = NULL;
	size_t length = 0;
	int result_code = 0;

	if (!provisioner_get_state(s, &cookie, &length, err) ||
	    !source_session_connect(s, &d, err))
		return false;
	(void)(syncrepl_session_check_cookie(s, d, &cookie, length, err) &&
	       provisioner_begin_run(s, err) &&
	       directory_syncrepl_run(
		   d, s->directory->base, "(objectClass=*)",
		   attribute_map_names(s->arena, s->directory), cookie, length,
		   &syncrepl_session_callbacks, s, &result_code, err));
	syncrepl_session_after_error(s, result_code);
	directory_close(d);
	return false;
}
