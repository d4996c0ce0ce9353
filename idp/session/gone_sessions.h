/* SPDX-License-Identifier: AGPL-3.0-or-later
 * gone_sessions.h: the sessions that ended, as portvakt-revocation keeps them
 * outside Redis.  Each use of a session or grant looks here, so a session that
 * ended stays so if Redis is put back to an older state. */
#ifndef IDP_SESSION_GONE_SESSIONS_H
#define IDP_SESSION_GONE_SESSIONS_H

#include <stdbool.h>

#include "lib/error.h"

struct ipc_client;
struct config;
struct gone_sessions;

/* Returns an empty list; never NULL.  The caller closes it. */
struct gone_sessions *gone_sessions_open(void);
void gone_sessions_close(struct gone_sessions *t);

/* Asks portvakt-revocation for those that are not known yet.  Error:
 * UNAVAILABLE. */
bool gone_sessions_update(struct gone_sessions *t, struct ipc_client *client,
                          const struct config *cfg,
                          struct error *err) must_check;

/* Adds one that ended here, before portvakt-revocation has it. */
void gone_sessions_add(struct gone_sessions *t, const char *sid);

/* Returns whether the session ended.  Error: UNAVAILABLE, reason
 * "session-store-unavailable", before the first update: then it is not known.
 */
bool gone_sessions_find(struct gone_sessions *t, const char *sid,
                        bool *ret_gone, struct error *err) must_check;

#endif
