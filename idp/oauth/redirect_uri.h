/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redirect_uri.h: the check of every redirect URI (RFC 9700 2.1), and URLs with
 * response parameters. */
#ifndef IDP_OAUTH_REDIRECT_URI_H
#define IDP_OAUTH_REDIRECT_URI_H

#include "idp/http/request.h"
#include "region/config/config.h"

/* Returns whether uri equals a registered redirect_uri of the client, byte by
 * byte; the port of a public client's loopback URI may differ (RFC 8252
 * 7.3). */
bool redirect_uri_is_registered(const struct oidc_client *c,
                                const char *address);

/* Returns whether uri equals a registered post_logout_redirect_uri, byte by
 * byte. */
bool post_logout_redirect_uri_is_registered(const struct oidc_client *c,
                                            const char *address);

/* Returns uri with the parameters added to its query, owned by a; parameters
 * with the value NULL are omitted. */
char *url_with_params(struct arena *a, const char *address,
                      const struct http_field *params, size_t count);

#endif
