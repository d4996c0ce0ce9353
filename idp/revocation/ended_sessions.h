/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ended_sessions.h: takes the ends of sessions from Redis and keeps them
 * (ended_ids.h), and gives them to portvakt-web. */
#ifndef IDP_REVOCATION_ENDED_SESSIONS_H
#define IDP_REVOCATION_ENDED_SESSIONS_H

#include "region/ipc/ipc_server.h"
#include "region/redis/session_store.h"

/* Reads the list of the state directory and starts the thread that follows
 * Redis.  Error: as ended_ids_open(). */
bool ended_sessions_start(struct store *store, const struct config *cfg,
                          struct error *err) must_check;

/* Handles IPC_ENDED_SESSIONS. */
bool handle_ended_sessions(const struct ipc_request *q,
                           const struct ended_sessions_request *request,
                           struct ended_sessions_reply *reply,
                           struct error *err);

#endif
