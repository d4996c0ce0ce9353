/* SPDX-License-Identifier: AGPL-3.0-or-later
 * xml.h: parses XML from outside into a tree by libxml2, within limits that are
 * checked before the parser runs. */
#ifndef LIB_XML_H
#define LIB_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"

/* An element, owned by the arena it was parsed into. */
struct xml;

enum xml_source {
	XML_MESSAGE = 0, /* a protocol message: no comments, no CDATA */
	XML_FILE,        /* a file of the operator, such as metadata */
};

/* Parses one document of at most max_length bytes and returns its root element,
 * owned by the arena. On error ERROR_INVALID: DOCTYPE, a processing
 * instruction, an entity other than the five predefined ones, an encoding other
 * than UTF-8, trailing bytes, a limit of xml_scan.h, an ID that is not an
 * NCName, an ID attribute in a namespace, two equal values of attributes ID, Id
 * or id, or a namespace that is not an absolute URI. Nothing external is
 * loaded. */
bool xml_parse(struct arena *a, const char *bytes, size_t length,
               size_t max_length, enum xml_source source,
               const struct xml **ret_root, struct error *err) must_check;

/* Returns whether e has that namespace URI and local name. */
bool xml_is(const struct xml *e, const char *ns_uri, const char *name);

/* Return an element or NULL: the first child, the next sibling, the first child
 * of that name, the next sibling with the name of e. xml_count returns the
 * number of children of that name. */
const struct xml *xml_first_child(const struct xml *e);
const struct xml *xml_next_sibling(const struct xml *e);
const struct xml *xml_child(const struct xml *e, const char *ns_uri,
                            const char *name);
const struct xml *xml_next_same_name(const struct xml *e);
size_t xml_count(const struct xml *e, const char *ns_uri, const char *name);

/* Returns the number of elements of that name in e, including e. */
size_t xml_count_all(const struct xml *e, const char *ns_uri, const char *name);

/* Returns the value of an attribute without namespace, owned by the arena, or
 * NULL. */
char *xml_attribute(struct arena *a, const struct xml *e, const char *name);

/* Return all text in e, owned by the arena, or NULL if e is NULL; a comment
 * does not end it: `user@<!-- -->x` returns `user@x`. xml_text_trimmed removes
 * white space at both ends. */
char *xml_text(struct arena *a, const struct xml *e);
char *xml_text_trimmed(struct arena *a, const struct xml *e);

/* Returns whether text is an NCName of ASCII characters, as every accepted ID
 * is. */
bool xml_is_ncname(const char *text);

/* Returns whether XML 1.0 can represent the text: UTF-8 without control
 * characters. */
bool xml_is_valid_text(const char *text);

#endif
