/* SPDX-License-Identifier: AGPL-3.0-or-later
 * auth_transaction.h: a login in progress: the service, the parameters of its
 * request, the result.  One per browser tab, in the URL parameter t and bound
 * to the browser by a cookie, so that Back and a second tab work until a login
 * succeeds.  transaction_storage.h has where it is kept. */
#ifndef IDP_SESSION_AUTH_TRANSACTION_H
#define IDP_SESSION_AUTH_TRANSACTION_H

#include "idp/session/session.h"

enum { AUTH_TXN_LIFETIME_S = 15 * 60 };

struct auth_txn {
	const char *secret;   /* URL parameter t; NULL: not saved */
	const char *id;       /* the same in each t of this login */
	const char *protocol; /* "oidc", "saml", "portal" */
	const struct issuer *issuer;
	const struct service *service; /* NULL: the portal */
	bool force_authn;              /* prompt=login, ForceAuthn */
	bool is_passive;               /* prompt=none, IsPassive */
	int64_t max_age;               /* -1: any */
	int64_t not_before;   /* earlier logins do not count; 0: all do */
	const char *prove;    /* affiliation to log in with next, or NULL ... */
	const char *prove_in; /* ... and its municipality */
	const char *shown_to; /* person whose affiliations a page lists */
	const char *acr;      /* requested, or NULL */
	const char *login_hint;      /* or NULL; displayed, never looked up */
	const char *language;        /* from ui_locales, or NULL */
	json_t *request;             /* of the protocol; borrowed */
	const char *rp_binding;      /* hash of RP_BINDING_COOKIE */
	const char *browser_binding; /* hash of CSRF_COOKIE */
	int64_t created_at;
	json_t *result; /* for rp_handoff.c, or NULL */
};

/* Binds it to the browser and sets secret anew, valid for AUTH_TXN_LIFETIME_S
 * from the first time; sets id and created_at if unset. */
bool auth_txn_save(struct request_context *ctx, struct auth_txn *txn,
                   struct error *err) must_check;

/* Loads the transaction of the parameter t of the query or form.  Error:
 * INVALID, reason "login-expired" or "browser-mismatch". */
bool auth_txn_load(struct request_context *ctx, struct auth_txn **ret_txn,
                   struct error *err) must_check;
/* The same for a login: one of a logout request, which has the member "leave",
 * is refused. */
bool auth_txn_load_login(struct request_context *ctx, struct auth_txn **ret_txn,
                         struct error *err) must_check;
/* Deletes one with a result atomically: ret_first is true for exactly one of
 * concurrent callers. */
bool auth_txn_consume(struct request_context *ctx, const struct auth_txn *txn,
                      bool *ret_first, struct error *err) must_check;

/* Marks a saved transaction of a service as used: another response to it would
 * be a replay.  *ret_first is false if it was used before. */
bool auth_txn_use(struct request_context *ctx, const struct auth_txn *txn,
                  bool *ret_first, struct error *err) must_check;
/* Takes the mark back, where no response was sent.  On error it stays, and the
 * next request gets the page of an answered one. */
void auth_txn_release(struct request_context *ctx, const struct auth_txn *txn);

/* Returns https://login-host/path?t=secret. */
char *auth_txn_url(struct request_context *ctx, const struct auth_txn *txn,
                   const char *path);

#endif
