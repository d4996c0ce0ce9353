/* SPDX-License-Identifier: AGPL-3.0-or-later
 * previous_sessions.h: the earlier sessions of this browser whose services may
 * still be open in it, as a cookie with the keys of their records in Redis
 * (session_past_read).  It lasts as long as the cookies of those services
 * usually do: until the browser is closed. */
#ifndef IDP_SESSION_PREVIOUS_SESSIONS_H
#define IDP_SESSION_PREVIOUS_SESSIONS_H

#include "idp/session/request_context.h"

/* Beyond them the oldest is dropped.  The next person settles those of others,
 * so many in a row are sessions of one person, with the same services. */
enum { PREVIOUS_SESSIONS_MAX = 8 };

/* Returns their keys, the latest first, NULL-terminated and owned by
 * ctx->arena: those of the request's cookie, with the changes since.  None on
 * another host than the login host. */
const char **previous_sessions(struct request_context *ctx);

/* Adds or removes one: hex is its key, 64 hex digits. */
void previous_session_add(struct request_context *ctx, const char *hex);
void previous_session_remove(struct request_context *ctx, const char *hex);

#endif
