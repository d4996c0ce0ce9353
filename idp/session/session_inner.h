/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_inner.h: what the files of a session share, and the page of one's
 * own sessions. */
#ifndef IDP_SESSION_SESSION_INNER_H
#define IDP_SESSION_SESSION_INNER_H

#include "idp/session/session.h"

/* The field of `parts` that stands for the session itself. */
#define SESSION_MARK "session"

/* Seconds until a session begun then ends at the latest; at least one. */
int64_t session_left(const struct region *r, int64_t began);

json_t *session_to_json(struct arena *a, const struct session *s);

/* Without a secret.  False for another version or a missing part. */
bool session_from_json(struct arena *a, const json_t *value,
                       struct session **ret_session) must_check;

bool session_is_over(const struct region *r, const struct session *s);

#endif
