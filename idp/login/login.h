/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login.h: the request handlers of the login, for routes.c.  Each always fills
 * ctx->response; an error becomes an error page. */
#ifndef IDP_LOGIN_LOGIN_H
#define IDP_LOGIN_LOGIN_H

#include "idp/front.h"

/* GET /login?t= continues an auth transaction: the login form, or the response
 * where a session satisfies the request.  POST verifies the password. */
void login_page(struct visit *v);
void login_prove(struct visit *v);

/* GET /password shows the form for a new password: with a session, or with the
 * auth transaction of a login that requires one.  POST sets it. */
void login_password(struct visit *v);
void login_password_set(struct visit *v);

/* GET /choose?t= shows the municipalities; the parameter to stores the
 * choice. */
void login_choose(struct visit *v);

/* GET /as?t=, or ?service= from the portal, shows the affiliations.  POST
 * selects one. */
void login_as(struct visit *v);
void login_as_chosen(struct visit *v);

/* GET /return?t= on an issuer's own host: reads the result from the login
 * host. */
void login_return(struct visit *v);

/* GET /language?to=&back=&t= sets the language. */
void login_language(struct visit *v);

#endif
