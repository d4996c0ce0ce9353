/* SPDX-License-Identifier: AGPL-3.0-or-later
 * step.h: the steps of a login, among the files of this room. */
#ifndef IDP_LOGIN_STEP_H
#define IDP_LOGIN_STEP_H

#include "idp/login/login.h"
#include "idp/page/page.h"

/* ---- candidates.c: as whom this person may enter ---- */

struct candidate {
	const struct affiliation *affiliation;
	struct decision decision;
};
/* The affiliations that count now, with what the rules say of each.  service
 * NULL: the portal. */
struct candidates {
	struct candidate *at;
	size_t count;
	size_t allowed;
};
bool candidates_find(struct visit *v, const struct session *s,
                     const struct service *service, struct candidates *ret,
                     struct fault *why) must_check;
/* The allowed one with this id, the only allowed one where id is NULL and
 * there is but one; otherwise NULL. */
const struct candidate *candidates_allowed(const struct candidates *c,
                                           const char *id);
/* The one whose refusal is told: the proving affiliation's, or the first. */
const struct candidate *candidates_refused(const struct candidates *c,
                                           const char *proved_by);

/* ---- enter.c ---- */

/* On the login host, with whatever session there is. */
void enter_here(struct visit *v, struct ticket *t);
/* With a session just proved for this ticket; as: the affiliation chosen on
 * the page, or NULL. */
void enter_with(struct visit *v, struct ticket *t, const struct session *s,
                const char *as);
/* Whether s is as fresh a proof as t asks for; s may be NULL. */
bool enter_is_good(const struct session *s, const struct ticket *t);
/* As whom: as where it was said, the only one who may, the one chosen for this
 * service before (part, or NULL); for the portal, which shows them all, the
 * first.  NULL: nobody may, or the person is to be asked. */
const struct candidate *enter_pick(const struct ticket *t,
                                   const struct candidates *all,
                                   const struct part *part, const char *as);
/* Tells the service, by its own host where it has one. */
void enter_refuse(struct visit *v, struct ticket *t, enum front_refusal how);
/* 303 to a page of the login host for this ticket, saved first. */
void enter_lead_to(struct visit *v, struct ticket *t, const char *path);
/* Rank of an acr: what has a higher one satisfies what asks for a lower. */
int enter_acr_rank(const char *acr);

/* ---- outcome.c: the way back to the issuer's own host ---- */

struct outcome {
	const struct session *session;
	const struct affiliation *affiliation;
	const char *code;
	const struct part *part;
};
/* Finishes on the host we are on. */
void outcome_finish(struct visit *v, struct ticket *t, const struct outcome *o);
/* Finishes there: by the ticket and a 303. */
void outcome_send(struct visit *v, struct ticket *t, const struct outcome *o);
void outcome_send_refusal(struct visit *v, struct ticket *t,
                          enum front_refusal how);

/* ---- choice.c: the remembered municipality and language ---- */

const struct municipality *choice_municipality(struct visit *v);
void choice_remember(struct visit *v, const char *municipality,
                     const char *language);

/* ---- slow.c: guesses ---- */

struct guess {
	const char *account, *address, *password; /* keys; NULL: not counted */
};
/* The name under which guesses at an account are counted, however it was
 * typed. */
char *slow_account(struct arena *a, const char *login,
                   const struct municipality *m);
/* Counts the guess before it reaches a directory.  REFUSED, reason
 * "too-many-tries". */
bool slow_begin(struct visit *v, const char *login,
                const struct municipality *m, const char *password,
                struct guess *ret, struct fault *why) must_check;
/* It was no guess: right, or nobody could say. */
void slow_forgive(struct visit *v, const struct guess *g);
/* Right: this browser is known for this account from now on. */
void slow_remember(struct visit *v, const struct guess *g, const char *login,
                   const struct municipality *m);

/* The form of the login page, with what went wrong before, or NULL. */
void login_show(struct visit *v, struct ticket *t, const struct municipality *m,
                const char *login, const char *reason, const char *code);
/* The status of a page that says this reason. */
int login_status(const char *reason);
/* What was typed without the blanks around it. */
char *login_trimmed(struct arena *a, const char *text);
/* Whose login name that is: by its domain, by NAME\ before it, which is taken
 * off, or as chosen before; NULL: nobody can say. */
const struct municipality *login_municipality(struct visit *v, char **typed);

/* ---- change.c */

/* Whether any directory of m's lets people change their passwords here. */
bool password_is_ours(const struct municipality *m);

/* The municipality picker. */
void choose_show(struct visit *v, struct ticket *t, bool unknown_domain);

#endif
