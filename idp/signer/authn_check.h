/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authn_check.h: what a token or assertion may state about the authentication.
 * The signer does not know who logged in, but it knows the methods that exist:
 * nothing stronger is signed, nor a login before the longest session. */
#ifndef IDP_SIGNER_AUTHN_CHECK_H
#define IDP_SIGNER_AUTHN_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "idp/signer/c14n_reader.h"
#include "lib/json.h"
#include "region/config/config.h"

/* Checks acr, amr and auth_time (OpenID Connect Core 2), where present.  Error:
 * REFUSED. */
bool authn_claims_check(const struct config *cfg, const json_t *claims,
                        int64_t now, struct error *err) must_check;

/* Checks the AuthnStatements of an Assertion (SAML Core 2.7.2): each has one
 * AuthnContextClassRef.  Error: REFUSED. */
bool authn_statements_check(const struct config *cfg,
                            const struct c14n_element *assertion, int64_t now,
                            struct error *err) must_check;

#endif
