/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session.h: who is here.  A random secret in a cookie of the login host; in
 * Redis its hash, and what was proved, how and when. */
#ifndef IDP_SESSION_SESSION_H
#define IDP_SESSION_SESSION_H

#include "idp/session/visit.h"

struct session {
	const char *secret; /* the cookie's value; never logged */
	const char
	    *sid; /* what services may know; also the secret of `parts` */
	const struct person *person;
	const char
	    *proved_by; /* id of the affiliation whose directory proved it */
	const char *method; /* "pwd" */
	const char *acr;
	bool second_factor;
	int64_t began, proved_at, touched;
	const char
	    *agent; /* the browser, shortened, for the person's own page */
	const struct standing
	    *seen; /* read along with it; NULL for one that just began */
};

/* The session of the visit's cookie, living in v->arena; NULL where there is
 * none, it is over, or the person, municipality or proving affiliation has
 * ended.  False only when the store could not be asked. */
bool session_find(struct visit *v, const struct session **ret_session,
                  struct fault *why) must_check;

/* A new one for a person who has just been proved; sets the cookie and ends
 * the one that was there. */
bool session_begin(struct visit *v, const struct person *p,
                   const char *proved_by, const char *method, const char *acr,
                   const struct session **ret_session,
                   struct fault *why) must_check;

/* Ends it: from this moment no use of it or of what it gave succeeds. */
bool session_end(struct visit *v, const struct session *s,
                 struct fault *why) must_check;

/* Services in this session: which affiliation was chosen, and what is needed
 * to tell them.  One field each in `parts`, added atomically. */
struct part {
	const char *issuer, *service;
	const char *affiliation;
	const char
	    *name_id; /* what the service calls the person: sub or NameID */
	const char *index; /* SAML SessionIndex; NULL for OIDC */
	int64_t at;
};
bool session_parts(struct visit *v, const struct session *s,
                   struct part **ret_parts, size_t *ret_count,
                   struct fault *why) must_check;
bool session_note_part(struct visit *v, const struct session *s,
                       const struct part *p, struct fault *why) must_check;

/* One service's, as it was when the session was found; NULL where it has
 * none. */
bool session_part(struct visit *v, const struct session *s, const char *issuer,
                  const char *service, const struct part **ret_part,
                  struct fault *why) must_check;

/* The session a grant was given in, still good for this person and
 * affiliation?  For code, refresh and userinfo; no cookie needed. */
bool session_lives(struct visit *v, const char *sid, const char *person,
                   const char *affiliation, const char *municipality,
                   int64_t granted_at, bool *ret_lives,
                   struct fault *why) must_check;

/* The same by what store_get_standing read along with the grant. */
bool session_lived(const struct visit *v, const struct watched *w,
                   const struct standing *seen, int64_t granted_at);

#endif
