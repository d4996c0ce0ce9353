/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reply.h: what the browser carries back to the client: a code or an error,
 * to an address that has passed the gate. */
#ifndef IDP_OIDC_REPLY_H
#define IDP_OIDC_REPLY_H

#include "idp/session/visit.h"

enum { STATE_MOST = 2048 };

/* Where to and what the client said for itself. */
struct reply_to {
	const struct issuer *issuer;
	const char *redirect; /* has passed redirect_allowed */
	const char *state;    /* or NULL */
};

void reply_code(struct visit *v, const struct reply_to *to, const char *code);

/* description: a text of ours, or NULL. */
void reply_error(struct visit *v, const struct reply_to *to, const char *error,
                 const char *description);

#endif
