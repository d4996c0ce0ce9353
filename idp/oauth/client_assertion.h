/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_assertion.h: client authentication by private_key_jwt (RFC 7523,
 * OpenID Connect Core 9). */
#ifndef IDP_OAUTH_CLIENT_ASSERTION_H
#define IDP_OAUTH_CLIENT_ASSERTION_H

#include "idp/session/request_context.h"

/* Returns the client_id in an assertion that is not verified, to look up the
 * client's keys; owned by a.  INVALID if there is none. */
bool client_assertion_issuer(struct arena *a, const char *assertion,
                             const char **ret_client_id,
                             struct error *err) must_check;

/* Verifies that c's key signed the assertion, that its audience is ctx's
 * issuer, that it is valid now and that its jti was not used before.  INVALID,
 * or an error of the session store or the key file. */
bool client_assertion_verify(struct request_context *ctx,
                             const struct oidc_client *c, const char *assertion,
                             struct error *err) must_check;

#endif
