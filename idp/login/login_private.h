/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_private.h: functions shared by the files of idp/login. */
#ifndef IDP_LOGIN_LOGIN_PRIVATE_H
#define IDP_LOGIN_LOGIN_PRIVATE_H

#include "idp/login/login.h"
#include "idp/page/page.h"
#include "idp/session/eligible_affiliations.h"

/* ---- candidates.c: the affiliations a person can log in with ---- */

struct candidate {
	const struct affiliation *affiliation;
	struct policy_decision decision;
	struct proof_cover by;
};
/* The active affiliations that the session's logins prove, with the policy
 * decision for each; and those that the policy allows but that the person must
 * prove first.  service NULL: the portal. */
struct candidates {
	struct candidate *at;
	size_t count;
	size_t allowed;
	const struct affiliation **provable;
	size_t provable_count;
};
bool candidates_find(struct request_context *ctx, const struct session *s,
                     const struct auth_txn *txn, struct candidates *ret,
                     struct error *err) must_check;
/* Returns the allowed candidate with this id; for id NULL the only allowed
 * one; otherwise NULL. */
const struct candidate *candidates_allowed(const struct candidates *c,
                                           const char *id);
/* Returns whether the candidate with this id is the only allowed one of its
 * municipality and kind. */
bool candidates_is_distinct(const struct candidates *c, const char *id);
/* Returns the candidate whose denial is shown: one that lacks a second factor,
 * else the authenticating affiliation, else the first.  NULL if none. */
const struct candidate *candidates_refused(const struct candidates *c,
                                           const char *authenticated_by);

/* ---- login_flow.c ---- */

/* Continues on the login host: with a session that satisfies the request,
 * otherwise with the login form. */
void login_continue(struct request_context *ctx, struct auth_txn *txn);
/* Continues with a session that satisfies the request; affiliation_id: the one
 * selected on the page, or NULL. */
void login_complete(struct request_context *ctx, struct auth_txn *txn,
                    const struct session *s, const char *affiliation_id);
/* Continues after a login that created s; the affiliation that the person
 * logged in to prove is selected. */
void login_authenticated(struct request_context *ctx, struct auth_txn *txn,
                         const struct session *s);
/* Returns false with the response filled, where another person has used this
 * browser (previous_person.h). */
bool login_settle_previous(struct request_context *ctx, struct auth_txn *txn,
                           const struct session *s);
/* Returns true if the authentication of s is recent enough for txn (max_age,
 * force_authn); s may be NULL. */
bool session_satisfies_request(const struct session *s,
                               const struct auth_txn *txn);
/* Returns the candidate to log in with: affiliation_id if not NULL, the only
 * allowed one, the one selected for this service before (participant, or NULL),
 * or for the portal the first.  NULL: none is allowed, or the person must
 * select one, among them one that is to be proved. */
const struct candidate *select_affiliation(
    const struct auth_txn *txn, const struct candidates *all,
    const struct session_participant *participant, const char *affiliation_id);
/* Returns the rank of an acr value; 0 for an unknown one.  A higher rank
 * satisfies a request for a lower. */
int acr_rank(const char *acr);

/* ---- rp_handoff.c: from the login host to the issuer's own host ---- */

struct handoff {
	const struct session *session;
	const struct affiliation *affiliation;
	const char *receipt_code;
	const struct session_participant *participant;
	int64_t auth_time; /* of the login that proves the affiliation */
};
/* Sends the protocol's response on the current host. */
void handoff_finish(struct request_context *ctx, struct auth_txn *txn,
                    const struct handoff *handoff);
/* Stores the result and redirects to the issuer's host, which responds. */
void handoff_redirect(struct request_context *ctx, struct auth_txn *txn,
                      const struct handoff *handoff);

/* Returns whether the issuer of txn is on the login host, as for the portal. */
bool issuer_is_login_host(const struct request_context *ctx,
                          const struct auth_txn *txn);
/* Sends an error response to the service, through the issuer's host. */
void login_send_error(struct request_context *ctx, struct auth_txn *txn,
                      enum protocol_error code);
/* Saves txn and redirects to a page of the login host for it. */
void redirect_to_page(struct request_context *ctx, struct auth_txn *txn,
                      const char *path);

/* ---- proved_link.c ---- */

/* Records that the logins of this session prove affiliations of different
 * municipalities to be one person's; receipt: of the latest login.  Once per
 * pair; an error is logged. */
void proved_links_record(struct request_context *ctx, const struct session *s,
                         const char *receipt);

/* ---- login_form.c ---- */

/* Returns the purpose of the form's CSRF token. */
char *login_form_purpose(struct arena *a, const struct auth_txn *txn);
/* Shows the login form; reason: error of the previous attempt, or NULL. */
struct auth_attempt;
void login_form_show(struct request_context *ctx, struct auth_txn *txn,
                     const struct municipality *m, const char *login,
                     const char *reason, const char *code,
                     const struct auth_attempt *attempt);
/* Returns the seconds to wait as text, and sets Retry-After; NULL if the
 * attempt need not wait, or is NULL. */
char *login_form_wait(struct request_context *ctx,
                      const struct auth_attempt *attempt);
/* Returns true if a directory of m allows password changes here. */
bool password_change_enabled(const struct municipality *m);

/* ---- login_directory.c ---- */

/* Returns the i-th directory of m, each once, or NULL: those that replace
 * another one come first, so that a password is sent to the former one only
 * where the new one does not know it. */
const struct directory_conf *login_directory(const struct municipality *m,
                                             size_t i);
/* Error: REFUSED, reason "organisation-migrated", after offboarding: the
 * directory may belong to another operator, so no password is sent to it. */
bool check_not_offboarded(const struct municipality *m,
                          struct error *err) must_check;

/* ---- login_name.c ---- */

/* Returns text without leading and trailing blanks. */
char *login_trim(struct arena *a, const char *text);
/* Returns the municipality of a login name: by NAME\ before it, which is
 * removed, by its domain, or the selected one.  NULL: unknown. */
const struct municipality *municipality_of_login(struct request_context *ctx,
                                                 char **typed);

/* ---- preference_cookie.c: municipality and language used last ---- */

/* Returns the municipality of the cookie, or NULL. */
const struct municipality *preference_municipality(struct request_context *ctx);
/* Sets the cookie; NULL keeps the current value. */
void preference_set(struct request_context *ctx, const char *municipality,
                    const char *language);

/* ---- rate_limit.c: limits failed logins (NIST SP 800-63B 5.2.2) ---- */

enum attempt_counter {
	ATTEMPT_ACCOUNT = 0,
	ATTEMPT_PASSWORD, /* the same one, from an address */
	ATTEMPT_ADDRESS,
	ATTEMPT_SITE, /* /48 */
	ATTEMPT_COUNTERS
};

/* All texts live in the request's arena. */
struct auth_attempt {
	const char *account, *address;
	bool is_network; /* the address is a network of the configuration */
	bool is_trusted; /* the browser has logged in to the account before */
	const char *subjects[ATTEMPT_COUNTERS];       /* NULL: not counted */
	struct store_counter turns[ATTEMPT_COUNTERS]; /* taken */
	size_t turn_count;
	bool is_prolonged; /* if it fails, so is the window of its account */
	/* For the next form: LOGIN_WAIT_FIELD, and the seconds to wait; 0: as
	 * long as it takes to fill in. */
	const char *wait;
	int wait_s;
};

/* Returns the key of an account's counter: municipality and login name, without
 * domain and in lower case. */
char *rate_limit_key(struct arena *a, const char *login,
                     const struct municipality *m);
/* Counts the attempt for its account, before a directory sees it.  Errors:
 * REFUSED, reason "too-many-tries" (of this account) or
 * "too-many-from-network", with ret->wait_s: it is not counted; UNAVAILABLE. */
bool rate_limit_check(struct request_context *ctx, const char *login,
                      const struct municipality *m, const char *password,
                      struct auth_attempt *ret, struct error *err) must_check;
/* Counts a failure for its address and password; sets attempt->wait. */
void rate_limit_fail(struct request_context *ctx, struct auth_attempt *attempt);
/* Counts that no directory has the login name, apart from the other limits: a
 * limit of its own would show which names exist.  Many are logged. */
void rate_limit_note_unknown(struct request_context *ctx,
                             const struct auth_attempt *attempt,
                             const struct municipality *m);
/* Uncounts an attempt that did not fail: correct, or not verified. */
void rate_limit_refund(struct request_context *ctx,
                       const struct auth_attempt *attempt);
/* Uncounts a correct attempt and trusts this browser for the account. */
void rate_limit_trust_browser(struct request_context *ctx,
                              const struct auth_attempt *attempt);

/* ---- organisation_select.c ---- */

/* Shows the municipalities to select from. */
void organisation_select_show(struct request_context *ctx, struct auth_txn *txn,
                              bool unknown_domain);

#endif
