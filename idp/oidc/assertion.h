/* SPDX-License-Identifier: AGPL-3.0-or-later
 * assertion.h: a client proves itself by signing (private_key_jwt: RFC 7523
 * and OpenID Connect Core 9). */
#ifndef IDP_OIDC_ASSERTION_H
#define IDP_OIDC_ASSERTION_H

#include "idp/session/visit.h"

/* Whom the assertion says it is from, unproved: for choosing keys only. */
bool assertion_claimed_client(struct arena *a, const char *assertion,
                              const char **ret_client,
                              struct fault *why) must_check;

/* Signed by c's key, for this visit's issuer, now, and for the first time. */
bool assertion_check(struct visit *v, const struct oidc_client *c,
                     const char *assertion, struct fault *why) must_check;

#endif
