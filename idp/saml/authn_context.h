/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authn_context.h: the RequestedAuthnContext of a request (SAML Core 3.3.2.2.1)
 * and the authentication context class of a login. */
#ifndef IDP_SAML_AUTHN_CONTEXT_H
#define IDP_SAML_AUTHN_CONTEXT_H

#include "lib/json.h"
#include "lib/xml.h"

/* Returns the acceptable classes, weakest first, owned by a: NULL without a
 * RequestedAuthnContext, an empty array if none is supported.  INVALID
 * "bad-saml" for a malformed one. */
bool authn_context_parse(struct arena *a, const struct xml *request,
                         json_t **ret_classes, struct error *err) must_check;

/* Returns the acr that satisfies one of classes; NULL: any login does. */
const char *authn_context_required_acr(const json_t *classes);

/* Returns the first of classes that a login with this acr and method
 * satisfies; a default class if classes is NULL; NULL: none. */
const char *authn_context_satisfied(const json_t *classes, const char *acr,
                                    const char *method);

#endif
