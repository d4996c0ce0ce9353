/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_release.h: the attributes of attributes.def as a table, and their
 * values for one affiliation of a person. */
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

const struct attribute *attribute_find(const char *word); /* Returns NULL if
                                                             there is none
                                                             with this name. */

/* Returns the values of attribute t for affiliation f of p, NULL-terminated and
 * allocated in a; an empty list if there is none.  No value of another
 * affiliation is ever included. */
char **attribute_values(struct arena *a, const struct attribute *t,
                        const struct region *r, const struct person *p,
                        const struct affiliation *f);

#endif
