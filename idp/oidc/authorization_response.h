/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorization_response.h: authorization responses by redirect (RFC 6749 4.1.2
 * and 4.1.2.1): a code or an error, to a validated redirect_uri. */
#ifndef IDP_OIDC_AUTHORIZATION_RESPONSE_H
#define IDP_OIDC_AUTHORIZATION_RESPONSE_H

#include "idp/session/request_context.h"

enum { STATE_MAX = 2048 };

/* The destination of the response, and the client's state. */
struct response_target {
	const struct issuer *issuer;
	const char *redirect_uri; /* checked by redirect_uri_is_registered */
	const char *state;        /* or NULL */
};

void authorization_response_code(struct request_context *ctx,
                                 const struct response_target *target,
                                 const char *code);

/* description: a constant text, or NULL. */
void authorization_response_error(struct request_context *ctx,
                                  const struct response_target *target,
                                  const char *error, const char *description);

#endif
