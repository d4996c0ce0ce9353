/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_list.h: the sessions of a person in all browsers. */
#ifndef IDP_SESSION_SESSION_LIST_H
#define IDP_SESSION_SESSION_LIST_H

#include "idp/session/session.h"

struct session_entry {
	const char
	    *id_hash; /* SHA-256 of its secret: an id, not a credential */
	const struct session *session; /* without secret */
};

/* Returns the valid sessions of the person of s, including s, allocated in
 * ctx->arena. */
bool sessions_of_person(struct request_context *ctx, const struct session *s,
                        struct session_entry **ret_sessions, size_t *ret_count,
                        struct error *err) must_check;

#endif
