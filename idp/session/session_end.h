/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_end.h: the end of a session.  It is in Redis before anything else
 * happens: the cookie and all grants are invalid, and each participant is
 * queued to be notified (store_end.h).  logout_dispatch.h notifies them. */
#ifndef IDP_SESSION_SESSION_END_H
#define IDP_SESSION_SESSION_END_H

#include "idp/session/session.h"
#include "region/redis/store_end.h"

/* Why a session ended: in Redis, in the audit log, and in the names of messages
 * ("ended-idle"). */
#define CAUSE_LOGOUT       "logout"         /* the person, here */
#define CAUSE_OTHER_PERSON "other-person"   /* a login of another person here */
#define CAUSE_ELSEWHERE    "elsewhere"      /* the person, in another browser */
#define CAUSE_PASSWORD     "password"       /* a new password of one's own */
#define CAUSE_RESET        "password-reset" /* a new password by a teacher */
#define CAUSE_REVOKED      "revoked"        /* by the catalogue */
#define CAUSE_IDLE         "idle"           /* not used, or max-lifetime */

struct ended_session {
	const char *hex; /* of its key in Redis */
	const char *sid;
	const char *person;
	const char *affiliation, *municipality; /* NULL: not known */
	const char *cause;
	int64_t ended_at; /* of a past session that was read */
	struct session_participant *participants; /* with a name_id */
	size_t count;
	size_t dropped; /* notifications that the queue had no room for */
};

/* Seconds after which another process takes the notifications of a caller that
 * sends them itself. */
enum { NOTIFY_LEASE_S = 10 };

/* Ends a session and returns it, allocated in ctx->arena; with no participant
 * if it had ended before, or if another key of the same sid has replaced it:
 * then the sid lives on.  notify_in_s: NOTIFY_LEASE_S where the caller calls
 * logout_notify_all(), 0 where it does not. */
bool session_end_stored(struct request_context *ctx,
                        const struct store_session *session, const char *cause,
                        int64_t notify_in_s, struct ended_session *ret,
                        struct error *err) must_check;

/* The same for a session that was read; expires its cookie if this request has
 * it. */
bool session_end(struct request_context *ctx, const struct session *s,
                 const char *cause, int64_t notify_in_s,
                 struct ended_session *ret, struct error *err) must_check;

/* Writes the audit event of the end.  results: {service: status}.  Returns the
 * receipt code, NULL if the audit log did not accept it: a session's end does
 * not require it. */
char *logout_audit(struct request_context *ctx,
                   const struct ended_session *ended, const char *initiator,
                   json_t *results);

/* Reads the record of a past session, allocated in ctx->arena.  *ret_found is
 * false where there is none. */
bool session_past_read(struct request_context *ctx, const char *hex,
                       struct store_fields *ret_fields,
                       struct ended_session *ret, bool *ret_found,
                       struct error *err) must_check;

#endif
