/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout.h: the logout functions of oidc_protocol. */
#ifndef IDP_OIDC_LOGOUT_H
#define IDP_OIDC_LOGOUT_H

#include "idp/protocol.h"

/* Sends a logout token to the participant's backchannel_logout_uri (OpenID
 * Connect Back-Channel Logout 2.5), once.  Returns the logout status; *ret_url
 * is not used. */
enum logout_status backchannel_logout_send(struct request_context *ctx,
                                           const struct logout_notice *notice,
                                           const char **ret_url);

/* Returns the claims of a logout token (Back-Channel Logout 2.4), owned by a;
 * sid may be NULL. */
json_t *logout_token_claims(struct arena *a, const struct service *s,
                            const char *sub, const char *sid, int64_t now);

/* Redirects to the post_logout_redirect_uri of request (RP-Initiated Logout 3).
 * INVALID without one. */
bool post_logout_redirect(struct request_context *ctx, const json_t *request,
                          bool all_done, struct error *err);

#endif
