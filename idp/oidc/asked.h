/* SPDX-License-Identifier: AGPL-3.0-or-later
 * asked.h: the `claims` parameter (OpenID Connect Core 5.5): single claims a
 * client asks for, beside those of its scope. */
#ifndef IDP_OIDC_ASKED_H
#define IDP_OIDC_ASKED_H

#include "lib/json.h"

enum { ASKED_MOST = 4096 };

struct asked {
	json_t *userinfo; /* arrays of names; NULL: none */
	json_t *in_token;
	const char *sub; /* only this person will do; NULL: anyone */
	const char *acr; /* words, as in acr_values; NULL: any */
};

/* Everything in ret lives in a.  INVALID for what is not as 5.5 says, and
 * for a sub that may be one of several. */
bool asked_read(struct arena *a, const char *claims, struct asked *ret,
                struct fault *why) must_check;

#endif
