/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_endpoint.h: /logout: by the person, by a service, and the end of a
 * logout transaction. */
#ifndef IDP_WEB_LOGOUT_H
#define IDP_WEB_LOGOUT_H

#include "idp/session/visit.h"

/* GET shows the confirmation, or with the parameter done responds to the
 * initiator; it ends no session. */
void logout_ask(struct visit *v);

/* POST of the confirmation. */
void logout_do(struct visit *v);

#endif
