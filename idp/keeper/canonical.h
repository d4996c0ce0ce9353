/* SPDX-License-Identifier: AGPL-3.0-or-later
 * canonical.h: reading XML that we ourselves wrote in canonical form, and
 * nothing else.  No library: what no canonical text can hold (DOCTYPE,
 * comments, CDATA, processing instructions, empty-element tags) is not
 * known here, so it cannot be misunderstood. */
#ifndef IDP_KEEPER_CANONICAL_H
#define IDP_KEEPER_CANONICAL_H

#include "lib/arena.h"
#include "lib/fault.h"

struct attribute_of {
	const struct attribute_of *next;
	const char *name; /* as written: SAML's own have no prefix */
	const char *value;
};

struct element {
	struct element *parent, *first, *last, *next; /* elements only */
	const char *space; /* namespace; "" where none */
	const char *name;  /* without prefix */
	const struct attribute_of *attributes;
	const char *text; /* its own text nodes, one after another */
};

/* The tree of a whole text, living in a. */
bool canonical_read(struct arena *a, const char *xml, struct element **ret_root,
                    struct fault *why) must_check;

/* NULL goes in and out, so that calls may be nested. */
const char *element_attribute(const struct element *e, const char *name);
bool element_is(const struct element *e, const char *space, const char *name);
const struct element *element_child(const struct element *e, const char *space,
                                    const char *name);
/* How many of these there are in the whole tree below and with e. */
int element_count(const struct element *e, const char *space, const char *name);

#endif
