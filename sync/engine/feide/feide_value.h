/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_value.h: values in the form of Feide's documents.  All returned values
 * are allocated in a. */
#ifndef SYNC_ENGINE_FEIDE_FEIDE_VALUE_H
#define SYNC_ENGINE_FEIDE_FEIDE_VALUE_H

#include <stdbool.h>

#include "lib/arena.h"
#include "region/config/affiliation_type.h"

/* A group, as its two entitlement values identify it. */
struct feide_group {
	char kind;             /* b: class, u: teaching group, a: other */
	const char *grep;      /* a subject's code; "" unless u */
	const char *number;    /* nine digits: of the school */
	const char *code;      /* the local id, not yet encoded */
	const char *from, *to; /* YYYY-MM-DD */
	const char *role;      /* student, faculty or staff */
	const char *name;
};

/* Return urn:mace:feide.no:go:group:... and urn:mace:feide.no:go:groupid:... */
char *feide_group_value(struct arena *a, const struct feide_group *g);
char *feide_groupid_value(struct arena *a, const struct feide_group *g);
/* Returns the group id value that belongs to a group value, or NULL if it is no
 * group value. */
char *feide_groupid_from_group(struct arena *a, const char *group_value);
/* Returns the value of a school year or subject,
 * urn:mace:feide.no:go:grep:... */
char *feide_grep_value(struct arena *a, const char *grep);
bool feide_grep_is_year(const char *grep);
/* Returns the code in lower case, Norwegian and Sami letters included, and
 * percent-encoded (RFC 3986). */
char *feide_canonical(struct arena *a, const char *code);
/* Returns the eduPersonAffiliation values with all they imply, sorted,
 * NULL-terminated; NULL: not in the tree. */
const char *const *feide_affiliations(enum affiliation_type kind);
const char *feide_role(enum affiliation_type kind);

#endif
