/* SPDX-License-Identifier: AGPL-3.0-or-later
 * id_token_hint.h: the id_token_hint parameter: an ID token of this issuer
 * (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2). */
#ifndef IDP_OIDC_HINT_H
#define IDP_OIDC_HINT_H

#include "idp/session/visit.h"

struct hint {
	const struct service *service; /* its audience */
	const char *sub, *sid;
};

/* Verifies an ID token of ctx's issuer, signed by one of its published keys; it
 * may have expired.  *ret is owned by ctx->arena.  Errors: INVALID for any
 * other token, UNAVAILABLE without the issuer's keys. */
bool hint_read(struct visit *v, const char *token, struct hint *ret,
               struct fault *why) must_check;

#endif
