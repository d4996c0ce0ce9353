/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session.h: the login session.  The cookie of the login host holds a random
 * secret; Redis holds the person, how and when they authenticated, under the
 * hash of the secret. */
#ifndef IDP_SESSION_SESSION_H
#define IDP_SESSION_SESSION_H

#include "idp/session/proof.h"
#include "idp/session/request_context.h"

struct session {
	const char *secret; /* value of the cookie; never logged */
	const char *sid;    /* sid claim; also the secret of `parts` */
	const struct person *person;
	const char *authenticated_by; /* affiliation whose directory verified
	                                 the password */
	const char *method;           /* "pwd" */
	const struct proof *proofs;   /* the latest login and earlier ones */
	size_t proof_count;
	const char *acr;
	bool second_factor;
	bool is_shared; /* the browser: it began in a network with `shared` */
	int64_t created_at, auth_time, last_used;
	const char *user_agent; /* summary for the sessions page */
	const struct validity
	    *validity; /* read with the session; NULL for a new one */
};

/* Returns the session of the request's cookie, allocated in ctx->arena, and
 * updates last_used.  *ret_session is NULL where there is none, it has expired,
 * or the person, municipality or authenticating affiliation is revoked.
 * Error: UNAVAILABLE, if the session store does not respond. */
bool session_find(struct request_context *ctx,
                  const struct session **ret_session,
                  struct error *err) must_check;

/* Creates a session for a person who has just authenticated, sets the cookie
 * and replaces the session of the old cookie.  The same person keeps sid,
 * created_at, participants and earlier proofs.  The session of another person
 * ends, and an earlier one remains in previous_sessions.h.  Error: UNAVAILABLE,
 * reason "clock", if our clock and that of the store differ by more than 30
 * s. */
bool session_create(struct request_context *ctx, const struct person *p,
                    const char *authenticated_by, const char *method,
                    const char *acr, const struct session **ret_session,
                    struct error *err) must_check;

/* A service of this session: the selected affiliation, and the identifiers
 * needed for logout.  One field of the Redis hash `parts`. */
struct session_participant {
	const char *issuer, *service;
	const char *affiliation;
	const char *name_id; /* sub or NameID; NULL: none was issued */
	const char *index;   /* SAML SessionIndex; NULL for OIDC */
	int64_t updated_at;
};
bool session_participants(struct request_context *ctx, const struct session *s,
                          struct session_participant **ret_participants,
                          size_t *ret_count, struct error *err) must_check;
/* Returns the name of its field: "issuer service", allocated in a. */
char *participant_field(struct arena *a, const struct session_participant *p);

/* Returns false if the person has changed to another affiliation for this
 * service since; validity is that of the session. */
bool session_participant_is_current(struct arena *a,
                                    const struct validity *validity,
                                    const char *issuer, const char *service,
                                    const char *affiliation);

/* Error: INVALID, reason "login-expired", where the session has ended. */
bool session_add_participant(struct request_context *ctx,
                             const struct session *s,
                             const struct session_participant *p,
                             struct error *err) must_check;

/* Returns the participant as read by session_find; NULL where there is
 * none. */
bool session_participant_find(
    struct request_context *ctx, const struct session *s, const char *issuer,
    const char *service, const struct session_participant **ret_participant,
    struct error *err) must_check;

/* Returns in ret_valid whether the session of a grant is still valid for this
 * person and affiliation.  For the authorization code, refresh tokens and
 * UserInfo; no cookie is needed. */
bool session_is_valid(struct request_context *ctx, const char *sid,
                      const char *person, const char *affiliation,
                      const char *municipality, int64_t granted_at,
                      bool *ret_valid, struct error *err) must_check;

/* Returns in ret_gone whether the session ended, as portvakt-revocation keeps
 * it outside Redis.  Error: UNAVAILABLE, if it is not known yet. */
bool session_is_gone(const struct request_context *ctx, const char *sid,
                     bool *ret_gone, struct error *err) must_check;

/* Returns session_is_valid() without session_is_gone(), from the validity data
 * read with the grant. */
bool session_is_valid_given(const struct request_context *ctx,
                            const struct validity_keys *keys,
                            const struct validity *validity,
                            int64_t granted_at);

/* Returns the session as JSON without its secret, owned by a; for Redis and for
 * the result that the login host hands to an issuer's host. */
json_t *session_to_json(struct arena *a, const struct session *s);
/* Parses such a session.  Returns false for an unknown version
 * or a missing value. */
bool session_from_json(struct arena *a, const json_t *value,
                       struct session **ret_session) must_check;

#endif
