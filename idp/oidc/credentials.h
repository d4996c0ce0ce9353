/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_auth_params.h: the client authentication that a request carries (RFC
 * 6749 2.3, RFC 7523 2.2), parsed but not verified. */
#ifndef IDP_OIDC_CREDENTIALS_H
#define IDP_OIDC_CREDENTIALS_H

#include "idp/http/request.h"
#include "lib/fault.h"

enum proof { PROOF_NONE = 0, PROOF_BASIC, PROOF_POST, PROOF_KEY };

struct credentials {
	enum proof proof;
	const char *id; /* may be NULL with PRIVATE_KEY_JWT: see assertion */
	const char *secret;
	const char *assertion;
};

/* Returns the parameters, owned by a.  INVALID for more than one method, for
 * credentials in the query, for a malformed value, and if there are none. */
bool credentials_read(struct arena *a, const struct request *r,
                      struct credentials *ret, struct fault *why) must_check;

/* The same for the value of an Authorization header: HTTP Basic only. */
bool credentials_from_basic(struct arena *a, const char *header,
                            struct credentials *ret,
                            struct fault *why) must_check;

#endif
