/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session.h: the login session.  The cookie of the login host holds a random
 * secret; Redis holds the person, how and when they authenticated, under the
 * hash of the secret. */
#ifndef IDP_SESSION_SESSION_H
#define IDP_SESSION_SESSION_H

#include "idp/session/visit.h"

struct session {
	const char *secret; /* value of the cookie; never logged */
	const char
	    *sid; /* sid claim; also the secret of `parts` */
	const struct person *person;
	const char
	    *proved_by; /* affiliation whose directory verified the password */
	const char *method; /* "pwd" */
	const char *acr;
	bool second_factor;
	int64_t began, proved_at, touched;
	const char
	    *agent; /* summary for the sessions page */
	const struct standing
	    *seen; /* read with the session; NULL for a new one */
};

/* Returns the session of the request's cookie, allocated in ctx->arena, and
 * updates last_used.  *ret_session is NULL where there is none, it has expired,
 * or the person, municipality or authenticating affiliation is revoked.
 * Error: UNAVAILABLE, if the session store does not respond. */
bool session_find(struct visit *v, const struct session **ret_session,
                  struct fault *why) must_check;

/* Creates a session for a person who has just authenticated, sets the cookie
 * and replaces the session of the old cookie.  The same person keeps sid,
 * created_at and participants.  Error: UNAVAILABLE, reason "clock", if our
 * clock and that of the store differ by more than 30 s. */
bool session_begin(struct visit *v, const struct person *p,
                   const char *proved_by, const char *method, const char *acr,
                   const struct session **ret_session,
                   struct fault *why) must_check;

/* Deletes the session: from now on the cookie and all grants are invalid. */
bool session_end(struct visit *v, const struct session *s,
                 struct fault *why) must_check;

/* A service of this session: the selected affiliation, and the identifiers
 * needed for logout.  One field of the Redis hash `parts`. */
struct part {
	const char *issuer, *service;
	const char *affiliation;
	const char
	    *name_id; /* sub or NameID; NULL: none was issued */
	const char *index; /* SAML SessionIndex; NULL for OIDC */
	int64_t at;
};
bool session_parts(struct visit *v, const struct session *s,
                   struct part **ret_parts, size_t *ret_count,
                   struct fault *why) must_check;
bool session_note_part(struct visit *v, const struct session *s,
                       const struct part *p, struct fault *why) must_check;

/* Returns the participant as read by session_find; NULL where there is
 * none. */
bool session_part(struct visit *v, const struct session *s, const char *issuer,
                  const char *service, const struct part **ret_part,
                  struct fault *why) must_check;

/* Returns in ret_valid whether the session of a grant is still valid for this
 * person and affiliation.  For the authorization code, refresh tokens and
 * UserInfo; no cookie is needed. */
bool session_lives(struct visit *v, const char *sid, const char *person,
                   const char *affiliation, const char *municipality,
                   int64_t granted_at, bool *ret_lives,
                   struct fault *why) must_check;

/* Returns the same, from the validity data read with the grant. */
bool session_lived(const struct visit *v, const struct watched *w,
                   const struct standing *seen, int64_t granted_at);

#endif
