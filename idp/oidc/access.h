/* SPDX-License-Identifier: AGPL-3.0-or-later
 * access.h: access tokens: opaque, short, and asked about at every use. */
#ifndef IDP_OIDC_ACCESS_H
#define IDP_OIDC_ACCESS_H

#include "idp/oidc/grant.h"

enum { ACCESS_LIFE = 10 * 60 };

/* A new token, living in v->arena. */
struct fresh access_make(struct visit *v, const struct grant *g);

bool access_keep(struct visit *v, const struct fresh *access,
                 struct fault *why) must_check;

/* The grant of a token of this visit's issuer whose client is still there and
 * whose session lives; NULL otherwise. */
bool access_find(struct visit *v, const char *token,
                 const struct grant **ret_grant, int64_t *ret_until,
                 struct fault *why) must_check;

bool access_drop(struct visit *v, const char *hash,
                 struct fault *why) must_check;

#endif
