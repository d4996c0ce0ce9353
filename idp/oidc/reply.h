/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorization_response.h: authorization responses by redirect (RFC 6749 4.1.2
 * and 4.1.2.1): a code or an error, to a validated redirect_uri. */
#ifndef IDP_OIDC_REPLY_H
#define IDP_OIDC_REPLY_H

#include "idp/session/visit.h"

enum { STATE_MOST = 2048 };

/* The destination of the response, and the client's state. */
struct reply_to {
	const struct issuer *issuer;
	const char *redirect; /* checked by redirect_uri_is_registered */
	const char *state;    /* or NULL */
};

void reply_code(struct visit *v, const struct reply_to *to, const char *code);

/* description: a constant text, or NULL. */
void reply_error(struct visit *v, const struct reply_to *to, const char *error,
                 const char *description);

#endif
