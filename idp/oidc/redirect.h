/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redirect.h: the gate no browser passes but to an address its client has
 * registered. */
#ifndef IDP_OIDC_REDIRECT_H
#define IDP_OIDC_REDIRECT_H

#include "idp/http/request.h"
#include "region/region.h"

/* Whether an answer for the client may be sent to address: registered letter
 * by letter; the port of a public client's loopback address is its own. */
bool redirect_allowed(const struct oidc_client *c, const char *address);

/* Whether the browser may be sent there after logout: letter by letter. */
bool redirect_allowed_after_logout(const struct oidc_client *c,
                                   const char *address);

/* address with the words behind it as its query, living in a; words without
 * a value are left out. */
char *redirect_with(struct arena *a, const char *address,
                    const struct pair *words, size_t count);

#endif
