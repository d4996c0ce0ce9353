/* SPDX-License-Identifier: AGPL-3.0-or-later
 * id_token_hint.h: the id_token_hint parameter: an ID token of this issuer
 * (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2). */
#ifndef IDP_OIDC_ID_TOKEN_HINT_H
#define IDP_OIDC_ID_TOKEN_HINT_H

#include "idp/session/request_context.h"

struct id_token_hint {
	const struct service *service; /* its audience */
	const char *sub, *sid;
};

/* Verifies an ID token of ctx's issuer, signed by one of its published keys; it
 * may have expired.  *ret is owned by ctx->arena.  Errors: INVALID for any
 * other token, UNAVAILABLE without the issuer's keys. */
bool id_token_hint_verify(struct request_context *ctx, const char *token,
                          struct id_token_hint *ret,
                          struct error *err) must_check;

#endif
