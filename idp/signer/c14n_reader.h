/* SPDX-License-Identifier: AGPL-3.0-or-later
 * c14n_reader.h: parses XML that this system wrote in canonical form.
 * Constructs that its canonical XML lacks (DOCTYPE, comments, CDATA,
 * processing instructions, empty-element tags) are errors. */
#ifndef IDP_SIGNER_C14N_READER_H
#define IDP_SIGNER_C14N_READER_H

#include "lib/arena.h"
#include "lib/error.h"

struct c14n_attribute {
	const struct c14n_attribute *next;
	const char *name; /* qualified; SAML's attributes have no prefix */
	const char *value;
};

struct c14n_element {
	struct c14n_element *parent, *first, *last, *next; /* elements only */
	const char *ns;   /* namespace URI; "" if none */
	const char *name; /* local name */
	const struct c14n_attribute *attributes;
	const char *text; /* its text nodes, concatenated */
};

/* Parses the whole string; the returned tree lives in a. On error
 * ERROR_REFUSED. */
bool c14n_parse(struct arena *a, const char *xml,
                struct c14n_element **ret_root, struct error *err) must_check;

/* These accept a NULL element and return NULL or false for it, so that calls
 * can be nested. */
const char *c14n_attribute_value(const struct c14n_element *e,
                                 const char *name);
bool c14n_element_is(const struct c14n_element *e, const char *ns,
                     const char *name);
const struct c14n_element *c14n_element_child(const struct c14n_element *e,
                                              const char *ns, const char *name);
/* Returns the number of such elements in the tree, including e. */
int c14n_element_count(const struct c14n_element *e, const char *ns,
                       const char *name);

#endif
