/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_list.h: the sessions of a person in all browsers. */
#ifndef IDP_SESSION_OWN_H
#define IDP_SESSION_OWN_H

#include "idp/session/session.h"

struct own_session {
	const char *hex; /* SHA-256 of its secret: an id, not a credential */
	const struct session *session; /* without secret */
};

/* Returns the valid sessions of the person of s, including s, allocated in
 * ctx->arena. */
bool own_sessions(struct visit *v, const struct session *s,
                  struct own_session **ret_sessions, size_t *ret_count,
                  struct fault *why) must_check;

/* Ends the session with this id_hash, or all except s where it is NULL.  Error:
 * INVALID, reason "not-found", if it is not one of this person's. */
bool own_sessions_end(struct visit *v, const struct session *s, const char *hex,
                      struct fault *why) must_check;

/* Ends all sessions of p, after a change of the password. */
bool own_sessions_end_of(struct visit *v, const struct person *p,
                         struct fault *why) must_check;

#endif
