/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_release.h: the attributes of attributes.def as a table, and their
 * values for one affiliation of a person. */
#ifndef REGION_PERSON_ATTRIBUTE_RELEASE_H
#define REGION_PERSON_ATTRIBUTE_RELEASE_H

#include "region/person/person.h"

struct attribute {
	const char *name;
	const char *ldap_attribute;
	bool of_person;
	const char *claim, *scope;
	const char *saml_name, *saml_friendly_name;
};

extern const struct attribute released_attributes[];
extern const size_t released_attribute_count;

const struct attribute *released_attribute_find(
    const char *name); /* Returns NULL if
                 there is none
                 with this name. */

/* Returns the values of attribute t for affiliation f of p, NULL-terminated and
 * allocated in a; an empty list if there is none.  No value of another
 * affiliation is ever included. */
char **released_attribute_values(struct arena *a, const struct attribute *t,
                                 const struct config *cfg,
                                 const struct person *p,
                                 const struct affiliation *f);

#endif
