/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute.h: what attributes.def says, as a table, and what a person's
 * affiliation gives a service by it. */
#ifndef REGION_ATTRIBUTE_H
#define REGION_ATTRIBUTE_H

#include "region/person.h"

struct attribute {
	const char *word;
	const char *ldap;
	bool of_person;
	const char *claim, *scope;
	const char *saml, *friendly;
};

extern const struct attribute attributes[];
extern const size_t attribute_count;

const struct attribute *attribute_find(const char *word); /* NULL: none */

/* What f of p gives under a: the values, NULL-terminated and living in a;
 * an empty list where there is nothing.  Nothing of another affiliation is
 * ever reachable from here. */
char **attribute_values(struct arena *a, const struct attribute *t,
                        const struct region *r, const struct person *p,
                        const struct affiliation *f);

#endif
