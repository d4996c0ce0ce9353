/* SPDX-License-Identifier: AGPL-3.0-or-later
 * auth_transaction.h: a login in progress: the service, the parameters of its
 * request, the result.  One per browser tab, in the URL parameter t and bound
 * to the browser by a cookie, so that Back and a second tab work. */
#ifndef IDP_SESSION_TICKET_H
#define IDP_SESSION_TICKET_H

#include "idp/session/session.h"

enum { TICKET_LIFE = 15 * 60 };

struct ticket {
	const char *secret; /* URL parameter t; NULL: not stored */
	const char *front;  /* "oidc", "saml", "portal" */
	const struct issuer *issuer;
	const struct service *service; /* NULL: the portal */
	bool ask_again;                /* prompt=login, ForceAuthn */
	bool no_pages;                 /* prompt=none, IsPassive */
	int64_t max_age;               /* -1: any */
	const char *acr;               /* requested, or NULL */
	const char *hint;     /* or NULL; displayed, never looked up */
	const char *language; /* from ui_locales, or NULL */
	json_t *request;      /* of the protocol; borrowed */
	const char *hand;     /* hash of RP_BINDING_COOKIE */
	const char *browser;  /* hash of CSRF_COOKIE */
	int64_t made;
	json_t *outcome; /* for rp_handoff.c, or NULL */
};

/* Stores it in Redis for AUTH_TXN_LIFETIME_S; sets secret and created_at if
 * unset, and binds it to the browser. */
bool ticket_save(struct visit *v, struct ticket *t,
                 struct fault *why) must_check;

/* Loads the transaction of the parameter t of the query or form.  Error:
 * INVALID, reason "login-expired" or "other-browser". */
bool ticket_find(struct visit *v, struct ticket **ret_ticket,
                 struct fault *why) must_check;
bool ticket_drop(struct visit *v, const struct ticket *t,
                 struct fault *why) must_check;
/* Deletes it atomically: ret_first is true for exactly one of concurrent
 * callers. */
bool ticket_take(struct visit *v, const struct ticket *t, bool *ret_first,
                 struct fault *why) must_check;

/* Returns https://login-host/path?t=secret. */
char *ticket_address(struct visit *v, const struct ticket *t, const char *path);

#endif
