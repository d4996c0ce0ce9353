/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login.h: the request handlers of the login, for routes.c.  Each always fills
 * ctx->response; an error becomes an error page. */
#ifndef IDP_LOGIN_LOGIN_H
#define IDP_LOGIN_LOGIN_H

#include "idp/protocol.h"

/* GET /login?t= continues an auth transaction: the login form, or the response
 * where a session satisfies the request.  POST verifies the password. */
void login_get(struct request_context *ctx);
void password_login_post(struct request_context *ctx);

/* GET /password shows the form for a new password: with a session, or with the
 * auth transaction of a login that requires one.  POST sets it. */
void password_change_get(struct request_context *ctx);
void password_change_post(struct request_context *ctx);

/* GET /choose?t= shows the municipalities; the parameter to stores the
 * choice. */
void organisation_select_get(struct request_context *ctx);

/* GET /as?t=, or ?service= from the portal, shows the affiliations.  POST
 * selects one. */
void affiliation_select_get(struct request_context *ctx);
void affiliation_select_post(struct request_context *ctx);

/* GET /return?t= on an issuer's own host: reads the result from the login
 * host. */
void handoff_return(struct request_context *ctx);

/* GET /language?to=&back=&t= sets the language. */
void preference_language_get(struct request_context *ctx);

#endif
