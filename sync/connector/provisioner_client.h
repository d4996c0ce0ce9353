/* SPDX-License-Identifier: AGPL-3.0-or-later
 * provisioner_client.h: sends runs, entries and cookies to
 * portvakt-provisioner. On error each returns false with that of ipc_call(). */
#ifndef SYNC_CONNECTOR_PROVISIONER_CLIENT_H
#define SYNC_CONNECTOR_PROVISIONER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "ipc_messages.h"
#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"

struct source_session;

/* Sets *ret_cookie to the cookie that the provisioner stored for this attribute
 * map, living in s->arena, or to NULL; sets s->known_entries,
 * s->full_sync_age_s and s->full_sync_at. */
bool provisioner_get_state(struct source_session *s, char **ret_cookie,
                           size_t *ret_length, struct error *err) must_check;
/* Opens a new run. */
bool provisioner_begin_run(struct source_session *s,
                           struct error *err) must_check;
/* Opens a run unless one is open. */
bool provisioner_ensure_run(struct source_session *s,
                            struct error *err) must_check;
/* Sends anchors of entries that are present or deleted. */
bool provisioner_send_anchors(struct source_session *s, bool present,
                              char **anchors, size_t count,
                              struct error *err) must_check;
/* Copies the cookie for the next commit; one of length 0 is ignored. */
void provisioner_set_cookie(struct source_session *s, const char *cookie,
                            size_t length);
/* Adds a copy of the entry to the batch of the run, which is sent when it is
 * full.  An entry with more adds members to a group already sent. */
bool provisioner_queue_entry(struct source_session *s, struct arena *a,
                             const struct sync_entry *entry,
                             struct error *err) must_check;
/* Drops the entries that were not sent, at the end of a session. */
void provisioner_drop_batch(struct source_session *s);
/* Sends the batch and the entry, and returns the reply, living in a. */
bool provisioner_send_now(struct source_session *s, struct arena *a,
                          const struct sync_entry *entry,
                          struct sync_entries_reply *ret_reply,
                          struct error *err) must_check;
/* Sends the batch and commits the run with the cookie.  delete_unnamed: entries
 * that the run did not name are deleted. */
bool provisioner_commit_run(struct source_session *s, bool delete_unnamed,
                            struct error *err) must_check;
/* At the end of a session: discards the open run, if any, and reports the error
 * for `portvaktctl sync status`, unless the session restarts at once. */
void provisioner_abort_run(struct source_session *s, const struct error *err);

#endif
