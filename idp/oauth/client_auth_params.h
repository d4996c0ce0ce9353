/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_auth_params.h: the client authentication that a request carries (RFC
 * 6749 2.3, RFC 7523 2.2), parsed but not verified. */
#ifndef IDP_OAUTH_CLIENT_AUTH_PARAMS_H
#define IDP_OAUTH_CLIENT_AUTH_PARAMS_H

#include "idp/http/request.h"
#include "lib/error.h"

enum client_auth_method {
	CLIENT_AUTH_NONE = 0,
	CLIENT_SECRET_BASIC,
	CLIENT_SECRET_POST,
	PRIVATE_KEY_JWT
};

struct client_auth_params {
	enum client_auth_method method;
	const char *id; /* may be NULL with PRIVATE_KEY_JWT: see assertion */
	const char *secret;
	const char *assertion;
};

/* Returns the parameters, owned by a.  INVALID for more than one method, for
 * credentials in the query, for a malformed value, and if there are none. */
bool client_auth_params_read(struct arena *a, const struct request *r,
                             struct client_auth_params *ret,
                             struct error *err) must_check;

/* The same for the value of an Authorization header: HTTP Basic only. */
bool client_auth_params_from_basic(struct arena *a, const char *header,
                                   struct client_auth_params *ret,
                                   struct error *err) must_check;

#endif
