/* SPDX-License-Identifier: AGPL-3.0-or-later
 * escape.h: one escaping function per output language. Every value from outside
 * passes one of them before output. */
#ifndef LIB_ESCAPE_H
#define LIB_ESCAPE_H

#include "lib/strbuf.h"

void escape_html(struct strbuf *out, const char *text); /* & < > " ' */
void escape_xml(struct strbuf *out,
                const char *text); /* canonical text node: & < > CR */
void escape_xml_attribute(struct strbuf *out,
                          const char *text); /* canonical: & < " TAB LF CR */
void escape_url(struct strbuf *out,
                const char *text); /* RFC 3986: all but unreserved */
void escape_json(struct strbuf *out, const char *text); /* without the quotes */
void escape_filter(struct strbuf *out, const char *text); /* RFC 4515 */
void escape_dn(struct strbuf *out, const char *text);     /* RFC 4514 */
void escape_log(struct strbuf *out,
                const char *text); /* control bytes as \xNN, at most 1 KiB */

/* Returns the escaped text as a string owned by the arena: escape_string(a,
 * escape_html, name). */
char *escape_string(struct arena *a,
                    void (*escape)(struct strbuf *, const char *),
                    const char *text);

#endif
