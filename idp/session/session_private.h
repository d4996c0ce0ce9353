/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_private.h: functions shared by the files of idp/session. */
#ifndef IDP_SESSION_SESSION_PRIVATE_H
#define IDP_SESSION_SESSION_PRIVATE_H

#include "idp/session/session.h"

/* Field of `parts` that exists as long as the session does. */
#define SESSION_MARKER "session"

/* Returns the seconds until a session created then expires; at least one. */
int64_t session_remaining_s(const struct config *cfg, int64_t created_at);

bool session_is_expired(const struct config *cfg, const struct session *s);

#endif
