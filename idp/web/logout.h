/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout.h: /logout, where the person's own wish, a service's wish and a walk
 * through services meet. */
#ifndef IDP_WEB_LOGOUT_H
#define IDP_WEB_LOGOUT_H

#include "idp/session/visit.h"

/* GET asks first, or with done= ends a walk; nothing is ended by a GET. */
void logout_ask(struct visit *v);

/* POST of that question's form. */
void logout_do(struct visit *v);

#endif
