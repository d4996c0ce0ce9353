/* SPDX-License-Identifier: AGPL-3.0-or-later
 * claims.h: the claims released to a client: those configured for the service
 * that the request names, of the chosen affiliation only. */
#ifndef IDP_OIDC_CLAIMS_H
#define IDP_OIDC_CLAIMS_H

#include "region/person/attribute_release.h"

/* Whose claims are released, and to which service. */
struct claims_subject {
	const struct config *cfg;
	const struct service *service;
	const struct person *person;
	const struct affiliation *affiliation;
};

/* Returns the claims of the scope values and those named in the array
 * requested (NULL: none), owned by a; NULL if there are none. */
json_t *claims_build(struct arena *a, const struct claims_subject *subject,
                     const char *scope, const json_t *requested);

#endif
