/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_endpoint.h: /logout: by the person, by a service, and the end of a
 * logout transaction. */
#ifndef IDP_WEB_LOGOUT_ENDPOINT_H
#define IDP_WEB_LOGOUT_ENDPOINT_H

#include "idp/session/request_context.h"

/* GET shows the confirmation, or with the parameter done responds to the
 * initiator; it ends no session. */
void logout_get(struct request_context *ctx);

/* POST of the confirmation. */
void logout_post(struct request_context *ctx);

#endif
