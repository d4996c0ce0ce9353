/* SPDX-License-Identifier: AGPL-3.0-or-later
 * escape.h: one escaping function per output language. Every value from outside
 * passes one of them before output. Each appends the escaped text to out; NULL
 * appends nothing. */
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
/* A log value in logfmt, without its quotes: " and \ with a backslash, control
 * characters and bytes that are not UTF-8 as \xNN. */
void escape_log(struct strbuf *out, const char *text);
/* Bytes that are not UTF-8 as \xNN, for text from outside in JSON. */
void escape_utf8(struct strbuf *out, const char *text);

/* The longest is "\xNN\xNN" and a NUL. */
enum { ESCAPE_LOG_SIZE = 9 };

/* Writes the first character of text as escape_log() does and returns the
 * position of the next one. */
const char *escape_log_next(const char *text, char escaped[ESCAPE_LOG_SIZE]);
/* Returns whether a log value needs no quotes; an empty one needs them. */
bool escape_log_is_plain(const char *text);

/* Returns the escaped text as a string owned by the arena: escape_string(a,
 * escape_html, name). */
char *escape_string(struct arena *a,
                    void (*escape)(struct strbuf *, const char *),
                    const char *text);

#endif
