/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login.h: the addresses of the login room, for routes.c.  Each handler fills
 * the visit's answer in every case. */
#ifndef IDP_LOGIN_LOGIN_H
#define IDP_LOGIN_LOGIN_H

#include "idp/front.h"

/* GET /login?t= goes on with a ticket: the form, or straight through where
 * there is a session.  POST proves the password. */
void login_page(struct visit *v);
void login_prove(struct visit *v);

/* GET /password shows the form for a new password of one's own: with a session,
 * or with the ticket of a login that wanted one first.  POST sets it. */
void login_password(struct visit *v);
void login_password_set(struct visit *v);

/* GET /choose?t=: which municipality; to= remembers it. */
void login_choose(struct visit *v);

/* GET /as?t=: as whom; ?service= from the portal.  POST says it. */
void login_as(struct visit *v);
void login_as_chosen(struct visit *v);

/* GET /return?t= on an issuer's own host: what the login host decided. */
void login_return(struct visit *v);

/* GET /language?to=&back=&t=. */
void login_language(struct visit *v);

#endif
