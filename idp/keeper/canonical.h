/* SPDX-License-Identifier: AGPL-3.0-or-later
 * c14n_reader.h: parses XML that this system wrote in canonical form.
 * Constructs that its canonical XML lacks (DOCTYPE, comments, CDATA,
 * processing instructions, empty-element tags) are errors. */
#ifndef IDP_KEEPER_CANONICAL_H
#define IDP_KEEPER_CANONICAL_H

#include "lib/arena.h"
#include "lib/fault.h"

struct attribute_of {
	const struct attribute_of *next;
	const char *name; /* qualified; SAML's attributes have no prefix */
	const char *value;
};

struct element {
	struct element *parent, *first, *last, *next; /* elements only */
	const char *space; /* namespace URI; "" if none */
	const char *name;  /* local name */
	const struct attribute_of *attributes;
	const char *text; /* its text nodes, concatenated */
};

/* Parses the whole string; the returned tree lives in a. On error
 * ERROR_REFUSED. */
bool canonical_read(struct arena *a, const char *xml, struct element **ret_root,
                    struct fault *why) must_check;

/* These accept a NULL element and return NULL or false for it, so that calls
 * can be nested. */
const char *element_attribute(const struct element *e, const char *name);
bool element_is(const struct element *e, const char *space, const char *name);
const struct element *element_child(const struct element *e, const char *space,
                                    const char *name);
/* Returns the number of such elements in the tree, including e. */
int element_count(const struct element *e, const char *space, const char *name);

#endif
