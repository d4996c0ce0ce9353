/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_private.h: session functions shared by this directory and by
 * idp/login/rp_handoff.c. */
#ifndef IDP_SESSION_SESSION_PRIVATE_H
#define IDP_SESSION_SESSION_PRIVATE_H

#include "idp/session/session.h"

/* Field of `parts` that exists as long as the session does. */
#define SESSION_MARKER "session"

/* Returns the seconds until a session created then expires; at least one. */
int64_t session_remaining_s(const struct config *cfg, int64_t created_at);

json_t *session_to_json(struct arena *a, const struct session *s);

/* Parses a session, without its secret.  Returns false for an unknown version
 * or a missing value. */
bool session_from_json(struct arena *a, const json_t *value,
                       struct session **ret_session) must_check;

bool session_is_expired(const struct config *cfg, const struct session *s);

#endif
