/* SPDX-License-Identifier: AGPL-3.0-or-later
 * affiliation_type.c: names of the affiliation types: singular in the
 * catalogue, plural in rules { } and people { }. */
#include "region/config/affiliation_type.h"

#include "lib/strbuf.h"

static const struct {
	const char *singular, *plural;
} affiliation_type_names[] = {
	[KIND_NONE] = { "", "" },
	[KIND_EMPLOYEE] = { "employee", "employees" },
	[KIND_TEACHER] = { "teacher", "teachers" },
	[KIND_PUPIL] = { "pupil", "pupils" },
	[KIND_POLITICIAN] = { "politician", "politicians" },
	[KIND_GUEST] = { "guest", "guests" },
	[KIND_VENDOR] = { "vendor", "vendors" },
};

const char *affiliation_type_name(enum affiliation_type k)
{
	return (size_t)k < LENGTH(affiliation_type_names)
	           ? affiliation_type_names[k].singular
	           : "";
}

enum affiliation_type affiliation_type_from_name(const char *name)
{
	for (size_t i = 1; i < LENGTH(affiliation_type_names); i++)
		if (text_equal(affiliation_type_names[i].singular, name))
			return (enum affiliation_type)i;
	return KIND_NONE;
}

enum affiliation_type affiliation_type_from_plural(const char *plural)
{
	for (size_t i = 1; i < LENGTH(affiliation_type_names); i++)
		if (text_equal(affiliation_type_names[i].plural, plural))
			return (enum affiliation_type)i;
	return KIND_NONE;
}
