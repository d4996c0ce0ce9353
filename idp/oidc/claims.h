/* SPDX-License-Identifier: AGPL-3.0-or-later
 * claims.h: what a service learns about a person: what it may receive, of
 * that what it asks for, and of the chosen affiliation alone. */
#ifndef IDP_OIDC_CLAIMS_H
#define IDP_OIDC_CLAIMS_H

#include "region/attribute.h"

/* A login whose facts are told. */
struct told_about {
	const struct region *region;
	const struct service *service;
	const struct person *person;
	const struct affiliation *affiliation;
};

/* The claims of the scope's words and, besides, those whose names are in the
 * array also (NULL: none), living in a; NULL where there are none. */
json_t *claims_of(struct arena *a, const struct told_about *t,
                  const char *scope, const json_t *also);

#endif
