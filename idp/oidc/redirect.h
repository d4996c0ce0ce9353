/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redirect_uri.h: the check of every redirect URI (RFC 9700 2.1), and URLs with
 * response parameters. */
#ifndef IDP_OIDC_REDIRECT_H
#define IDP_OIDC_REDIRECT_H

#include "idp/http/request.h"
#include "region/region.h"

/* Returns whether uri equals a registered redirect_uri of the client, byte by
 * byte; the port of a public client's loopback URI may differ (RFC 8252
 * 7.3). */
bool redirect_allowed(const struct oidc_client *c, const char *address);

/* Returns whether uri equals a registered post_logout_redirect_uri, byte by
 * byte. */
bool redirect_allowed_after_logout(const struct oidc_client *c,
                                   const char *address);

/* Returns uri with the parameters added to its query, owned by a; parameters
 * with the value NULL are omitted. */
char *redirect_with(struct arena *a, const char *address,
                    const struct pair *words, size_t count);

#endif
