/* SPDX-License-Identifier: AGPL-3.0-or-later
 * context.h: how surely somebody must be known, in SAML's words
 * (RequestedAuthnContext, core 3.3.2.2.1), and what a login was worth. */
#ifndef IDP_SAML_CONTEXT_H
#define IDP_SAML_CONTEXT_H

#include "lib/json.h"
#include "lib/xml.h"

/* The classes of which any will do, most modest first, living in a; NULL
 * where nothing was asked for, an empty list where we know none of them. */
bool context_read(struct arena *a, const struct xml *request,
                  json_t **ret_classes, struct fault *why) must_check;

/* The acr a login must reach for one of them; NULL: any login will do. */
const char *context_acr(const json_t *classes);

/* What may truthfully be said of this login: the first of classes that it
 * meets, or by itself where classes is NULL; NULL where it meets none. */
const char *context_met(const json_t *classes, const char *acr,
                        const char *method);

#endif
