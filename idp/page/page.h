/* SPDX-License-Identifier: AGPL-3.0-or-later
 * page.h: HTML pages.  Templates are compiled to C: an unknown field or message
 * stops the build, and every field is escaped unless its type is markup. */
#ifndef IDP_PAGE_PAGE_H
#define IDP_PAGE_PAGE_H

#include "idp/session/auth_transaction.h"
#include "messages.h"

/* POST target of the button "delete all cookies" on an error page. */
#define COOKIES_PATH "/cookies"

/* Shows the error page for a reason of reasons.def, with its HTTP status: what
 * went wrong and what to do now, in the language of the request, the contact of
 * m (NULL: of the region), and the code of the receipt (NULL: no code). */
void error_page_reason(struct request_context *ctx, const char *reason,
                       const struct municipality *m, const char *code);

/* The same for a decision of the policy: a service that is closed for
 * maintenance shows until when, and the operator's message. */
void error_page_denied(struct request_context *ctx, const char *reason,
                       const struct policy_decision *d,
                       const struct municipality *m, const char *code);

/* Returns the HTTP status of a reason of reasons.def; 500 for another. */
int page_reason_status(const char *reason);

/* Shows that this login to a service was answered before, with a button that
 * begins a new one there, where the service has an address for it. */
void error_page_answered(struct request_context *ctx, const struct service *s);

/* The same for an error: by its reason, otherwise by its kind.  Appends to the
 * audit log and logs a warning. */
void error_page_show(struct request_context *ctx, const struct error *err);

/* Returns the language of the request; a message in it, "" for MSG_COUNT. */
enum language page_language(const struct request_context *ctx);
const char *page_message(const struct request_context *ctx, enum message_id id);
/* Returns the id of the message "kind-employee", "reason-network";
 * MSG_COUNT where there is none. */
enum message_id page_message_id(const char *kind, const char *name);

/* A page with its frame: header with the municipality's name, logo and colour,
 * language links, footer. */
struct page {
	int status;
	const char *title;
	const char *body;             /* markup, from a fill_ function */
	const struct municipality *m; /* NULL: branding of the region */
	const char *return_page;    /* page the language links return to (login,
	                             * portal, ...); NULL: no links */
	const struct auth_txn *txn; /* added to them as t=, or NULL */
	const char *csp;
};
void page_render(struct request_context *ctx, const struct page *page);

/* Returns a policy whose form-action includes the issuer and the service:
 * browsers apply form-action to the redirects after a form (CSP 3). */
char *page_csp(struct request_context *ctx, const struct auth_txn *txn);

/* Renders a form that POSTs the fields to a service (SAML HTTP POST binding,
 * OAuth form_post), by script or by a button.  The caller has validated the
 * address. */
void page_post_form(struct request_context *ctx, const char *address,
                    const char *service, const struct http_field *fields,
                    size_t count);

/* Returns the name of the logo below /assets/, or NULL where the file is not
 * readable. */
const char *page_logo(struct request_context *ctx,
                      const struct municipality *m);

/* Returns "Notodden" for "Notodden kommune". */
const char *page_place_name(struct request_context *ctx,
                            const struct municipality *m);

/* GET /assets/NAME: stylesheets, icons and logos. */
void asset_serve(struct request_context *ctx);

/* Returns "21.11.2026 kl. 23.05", in Europe/Oslo. */
char *page_format_time(struct request_context *ctx, int64_t when);

/* Shows the error page for an HTTP status and a reason; no audit event. */
void error_page_status(struct request_context *ctx, int status,
                       const char *reason);

#endif
