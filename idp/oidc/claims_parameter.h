/* SPDX-License-Identifier: AGPL-3.0-or-later
 * claims_parameter.h: the `claims` request parameter (OpenID Connect Core
 * 5.5): individual claims, requested in addition to those of the scope. */
#ifndef IDP_OIDC_CLAIMS_PARAMETER_H
#define IDP_OIDC_CLAIMS_PARAMETER_H

#include "lib/json.h"

enum { CLAIMS_PARAMETER_MAX = 4096 };

struct claims_request {
	json_t *userinfo; /* arrays of names; NULL: none */
	json_t *id_token;
	const char *sub; /* required sub (5.5.1); NULL: any */
	const char *acr; /* as acr_values, space-separated; NULL: any */
};

/* Parses the parameter value; *ret is owned by a.  INVALID for a value that
 * violates 5.5, and for more than one sub value. */
bool claims_request_parse(struct arena *a, const char *claims,
                          struct claims_request *ret,
                          struct error *err) must_check;

#endif
