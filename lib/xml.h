/* SPDX-License-Identifier: AGPL-3.0-or-later
 * xml.h: the door to libxml2: strangers' XML read into a tree, within limits
 * that are held before the parser sees a byte. */
#ifndef LIB_XML_H
#define LIB_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/fault.h"

/* An element.  The tree lives in the arena it was read into. */
struct xml;

enum xml_source {
	XML_MESSAGE = 0, /* from a stranger: no comments, no CDATA either */
	XML_FILE,        /* from our own disk */
};

/* The root of the one document in these bytes, at most most of them.  INVALID
 * for DOCTYPE, processing instructions, entities but the five, any encoding
 * but UTF-8, bytes behind the root, too much of anything (xml_scan.h),
 * an identifier that occurs twice or is not in an attribute called ID, and a
 * namespace that is no absolute URI.  Nothing is ever fetched. */
bool xml_read(struct arena *a, const char *bytes, size_t length, size_t most,
              enum xml_source source, const struct xml **ret_root,
              struct fault *why) must_check;

/* By namespace and local name; a prefix means nothing. */
bool xml_is(const struct xml *e, const char *space, const char *name);

/* Child elements: the first, the next beside e, the first of that name, the
 * next beside e of e's own name; NULL: none. */
const struct xml *xml_first(const struct xml *e);
const struct xml *xml_next(const struct xml *e);
const struct xml *xml_child(const struct xml *e, const char *space,
                            const char *name);
const struct xml *xml_again(const struct xml *e);
size_t xml_count(const struct xml *e, const char *space, const char *name);

/* How many elements of that name there are anywhere in e, e included. */
size_t xml_count_all(const struct xml *e, const char *space, const char *name);

/* An attribute without namespace, living in a; NULL: none. */
char *xml_get(struct arena *a, const struct xml *e, const char *name);

/* All the text in e, whatever stands between its pieces: `user@<!-- -->x` is
 * `user@x`, never `user@`.  xml_word: without the blanks around it. */
char *xml_text(struct arena *a, const struct xml *e);
char *xml_word(struct arena *a, const struct xml *e);

/* Whether text is an NCName of ASCII letters, as every ID we take must be. */
bool xml_is_name(const char *text);

/* Whether XML 1.0 can carry this text at all: UTF-8 without control bytes. */
bool xml_may_hold(const char *text);

#endif
