/* SPDX-License-Identifier: AGPL-3.0-or-later
 * affiliation_type.c: names of the affiliation types: singular in the
 * catalogue, plural in rules { } and people { }. */
#include "region/kind.h"

#include "lib/text.h"

static const struct {
	const char *one, *many;
} kinds[] = {
	[KIND_NONE] = { "", "" },
	[KIND_EMPLOYEE] = { "employee", "employees" },
	[KIND_TEACHER] = { "teacher", "teachers" },
	[KIND_PUPIL] = { "pupil", "pupils" },
	[KIND_POLITICIAN] = { "politician", "politicians" },
	[KIND_GUEST] = { "guest", "guests" },
	[KIND_VENDOR] = { "vendor", "vendors" },
};

const char *kind_name(enum kind k)
{
	return (size_t)k < LENGTH(kinds) ? kinds[k].one : "";
}

enum kind kind_from(const char *name)
{
	for (size_t i = 1; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i].one, name))
			return (enum kind)i;
	return KIND_NONE;
}

const char *kind_plural(enum kind k)
{
	return (size_t)k < LENGTH(kinds) ? kinds[k].many : "";
}

enum kind kind_from_plural(const char *many)
{
	for (size_t i = 1; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i].many, many))
			return (enum kind)i;
	return KIND_NONE;
}
