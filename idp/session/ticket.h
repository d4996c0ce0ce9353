/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ticket.h: a login under way: who asks, what they asked for, how far we are.
 * One for each tab, named in the address, bound to the browser by a cookie;
 * so Back and a second tab work. */
#ifndef IDP_SESSION_TICKET_H
#define IDP_SESSION_TICKET_H

#include "idp/session/session.h"

enum { TICKET_LIFE = 15 * 60 };

struct ticket {
	const char *secret; /* in the address as t=; NULL: not in Redis (yet) */
	const char *front;  /* "oidc", "saml", "portal" */
	const struct issuer *issuer;
	const struct service *service; /* NULL: the portal */
	bool ask_again;                /* prompt=login, ForceAuthn */
	bool no_pages;                 /* prompt=none, IsPassive */
	int64_t max_age;               /* -1: any */
	const char *acr;               /* asked for, or NULL */
	const char *hint; /* login_hint, or NULL: shown, never searched for */
	const char *language; /* ui_locales' first that we speak, or NULL */
	json_t *request;      /* the protocol's own; borrowed */
	const char *hand; /* hash of the issuer host's __Host-portvakt-hand */
	const char
	    *browser; /* hash of the login host's __Host-portvakt-browser */
	int64_t made;
	/* Once decided, for the way back to the issuer's host: */
	json_t *outcome;
};

/* Into Redis; gives it a secret if it has none. */
bool ticket_save(struct visit *v, struct ticket *t,
                 struct fault *why) must_check;

/* The ticket named by t= in the address or form.  INVALID with reason
 * "login-expired" or "other-browser". */
bool ticket_find(struct visit *v, struct ticket **ret_ticket,
                 struct fault *why) must_check;
bool ticket_drop(struct visit *v, const struct ticket *t,
                 struct fault *why) must_check;
/* The same, for what may happen once: ret_first for one of all who come. */
bool ticket_take(struct visit *v, const struct ticket *t, bool *ret_first,
                 struct fault *why) must_check;

/* https://login-host/path?t=secret */
char *ticket_address(struct visit *v, const struct ticket *t, const char *path);

#endif
