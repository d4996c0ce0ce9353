/* SPDX-License-Identifier: AGPL-3.0-or-later
 * provisioner_client.h: runs, entries and cookies to the provisioner.  On error
 * each returns false. */
#ifndef SYNC_CONNECTOR_PROVISIONER_CLIENT_H
#define SYNC_CONNECTOR_PROVISIONER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"
#include "region/ipc/ipc_messages.h"

struct source_session;

/* Sets *ret_cookie to the provisioner's cookie for this attribute map, living
 * in s->arena, or to NULL; sets s->known_entries and s->full_sync_age_s. */
bool provisioner_get_state(struct source_session *s, char **ret_cookie,
                           size_t *ret_length, struct error *err) must_check;
/* Opens a new run; provisioner_ensure_run: unless one is open. */
bool provisioner_begin_run(struct source_session *s,
                           struct error *err) must_check;
bool provisioner_ensure_run(struct source_session *s,
                            struct error *err) must_check;
/* kind: IPC_PRESENT or IPC_DELETED. */
bool provisioner_send_anchors(struct source_session *s,
                              enum ipc_message_type kind, char **anchors,
                              size_t count, struct error *err) must_check;
/* Stores the cookie for the next commit. */
void provisioner_set_cookie(struct source_session *s, const char *cookie,
                            size_t length);
/* provisioner_queue_entry adds the entry to the batch of the run;
 * provisioner_send_now sends it before it returns, and returns the response.
 * Additions to an entry already sent have more: true. */
bool provisioner_queue_entry(struct source_session *s, struct arena *a,
                             json_t *entry, struct error *err) must_check;
bool provisioner_send_now(struct source_session *s, struct arena *a,
                          json_t *entry, json_t **ret_answer,
                          struct error *err) must_check;
/* Commits the run.  delete_unnamed: entries it did not name are deleted. */
bool provisioner_commit_run(struct source_session *s, bool delete_unnamed,
                            struct error *err) must_check;
/* Discards the open run, if any. */
void provisioner_abort_run(struct source_session *s, const struct error *err);

#endif
