/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_private.h: functions shared by the files of idp/login. */
#ifndef IDP_LOGIN_STEP_H
#define IDP_LOGIN_STEP_H

#include "idp/login/login.h"
#include "idp/page/page.h"

/* ---- candidates.c: the affiliations a person can log in with ---- */

struct candidate {
	const struct affiliation *affiliation;
	struct decision decision;
};
/* The active affiliations, with the policy decision for each.  service NULL:
 * the portal. */
struct candidates {
	struct candidate *at;
	size_t count;
	size_t allowed;
};
bool candidates_find(struct visit *v, const struct session *s,
                     const struct service *service, struct candidates *ret,
                     struct fault *why) must_check;
/* Returns the allowed candidate with this id; for id NULL the only allowed
 * one; otherwise NULL. */
const struct candidate *candidates_allowed(const struct candidates *c,
                                           const char *id);
/* Returns the candidate whose denial is shown: one that lacks a second factor,
 * else the authenticating affiliation, else the first.  NULL if none. */
const struct candidate *candidates_refused(const struct candidates *c,
                                           const char *proved_by);

/* ---- login_flow.c ---- */

/* Continues on the login host: with a session that satisfies the request,
 * otherwise with the login form. */
void enter_here(struct visit *v, struct ticket *t);
/* Continues with a session that satisfies the request; affiliation_id: the one
 * selected on the page, or NULL. */
void enter_with(struct visit *v, struct ticket *t, const struct session *s,
                const char *as);
/* Returns true if the authentication of s is recent enough for txn (max_age,
 * force_authn); s may be NULL. */
bool enter_is_good(const struct session *s, const struct ticket *t);
/* Returns the candidate to log in with: affiliation_id if not NULL, the only
 * allowed one, the one selected for this service before (participant, or NULL),
 * or for the portal the first.  NULL: none is allowed, or the person must
 * select one. */
const struct candidate *enter_pick(const struct ticket *t,
                                   const struct candidates *all,
                                   const struct part *part, const char *as);
/* Sends an error response to the service, through the issuer's host. */
void enter_refuse(struct visit *v, struct ticket *t, enum front_refusal how);
/* Saves txn and redirects to a page of the login host for it. */
void enter_lead_to(struct visit *v, struct ticket *t, const char *path);
/* Returns the rank of an acr value; 0 for an unknown one.  A higher rank
 * satisfies a request for a lower. */
int enter_acr_rank(const char *acr);

/* ---- rp_handoff.c: from the login host to the issuer's own host ---- */

struct outcome {
	const struct session *session;
	const struct affiliation *affiliation;
	const char *code;
	const struct part *part;
};
/* Sends the protocol's response on the current host. */
void outcome_finish(struct visit *v, struct ticket *t, const struct outcome *o);
/* Stores the result and redirects to the issuer's host, which responds. */
void outcome_send(struct visit *v, struct ticket *t, const struct outcome *o);
void outcome_send_refusal(struct visit *v, struct ticket *t,
                          enum front_refusal how);

/* ---- preference_cookie.c: municipality and language used last ---- */

/* Returns the municipality of the cookie, or NULL. */
const struct municipality *choice_municipality(struct visit *v);
/* Sets the cookie; NULL keeps the current value. */
void choice_remember(struct visit *v, const char *municipality,
                     const char *language);

/* ---- rate_limit.c: limits failed logins (NIST SP 800-63B 5.2.2) ---- */

struct guess {
	const char *account, *address, *password; /* keys; NULL: not counted */
};
/* Returns the key of an account's counter: municipality and login name, without
 * domain and in lower case. */
char *slow_account(struct arena *a, const char *login,
                   const struct municipality *m);
/* Counts the attempt, before a directory sees it.  Errors: REFUSED, reason
 * "too-many-tries"; UNAVAILABLE. */
bool slow_begin(struct visit *v, const char *login,
                const struct municipality *m, const char *password,
                struct guess *ret, struct fault *why) must_check;
/* Uncounts an attempt that did not fail: correct, or not verified. */
void slow_forgive(struct visit *v, const struct guess *g);
/* Uncounts a correct attempt and trusts this browser for the account. */
void slow_remember(struct visit *v, const struct guess *g, const char *login,
                   const struct municipality *m);

/* Shows the login form; reason: error of the previous attempt, or NULL. */
void login_show(struct visit *v, struct ticket *t, const struct municipality *m,
                const char *login, const char *reason, const char *code);
/* Returns the HTTP status for a reason. */
int login_status(const char *reason);
/* Returns text without leading and trailing blanks. */
char *login_trimmed(struct arena *a, const char *text);
/* Returns the municipality of a login name: by NAME\ before it, which is
 * removed, by its domain, or the selected one.  NULL: unknown. */
const struct municipality *login_municipality(struct visit *v, char **typed);

/* ---- password_change.c ---- */

/* Returns true if a directory of m allows password changes here. */
bool password_is_ours(const struct municipality *m);

/* Shows the municipalities to select from. */
void choose_show(struct visit *v, struct ticket *t, bool unknown_domain);

#endif
