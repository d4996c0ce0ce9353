/* SPDX-License-Identifier: AGPL-3.0-or-later
 * credentials.h: how a client says who it is (RFC 6749 2.3, RFC 7523). */
#ifndef IDP_OIDC_CREDENTIALS_H
#define IDP_OIDC_CREDENTIALS_H

#include "idp/http/request.h"
#include "lib/fault.h"

enum proof { PROOF_NONE = 0, PROOF_BASIC, PROOF_POST, PROOF_KEY };

struct credentials {
	enum proof proof;
	const char *id; /* NULL with PROOF_KEY, where it is in the assertion */
	const char *secret;
	const char *assertion;
};

/* Living in a.  INVALID for more than one way, for anything in the address,
 * for what is not well-formed, and for nothing at all. */
bool credentials_read(struct arena *a, const struct request *r,
                      struct credentials *ret, struct fault *why) must_check;

/* The value of an Authorization header by Basic, strictly. */
bool credentials_from_basic(struct arena *a, const char *header,
                            struct credentials *ret,
                            struct fault *why) must_check;

#endif
