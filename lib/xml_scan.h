/* SPDX-License-Identifier: AGPL-3.0-or-later
 * xml_scan.h: checks XML before the parser: libxml2 takes seconds for 50,000
 * attributes on one element, so they are counted first. */
#ifndef LIB_XML_SCAN_H
#define LIB_XML_SCAN_H

#include "lib/xml.h"

enum {
	XML_SCAN_MAX_ATTRIBUTES = 64, /* on one element */
	XML_SCAN_MAX_NAMESPACES = 32, /* declared on one element */
	XML_SCAN_MAX_ELEMENTS = 2000, /* in all, in a message */
	XML_SCAN_MAX_DEPTH = 32,
};

/* Checks the limits and rejects what xml_parse() forbids. *ret_from and
 * *ret_length are the bytes for the parser, without a byte order mark, borrowed
 * from bytes. On error ERROR_INVALID. */
bool xml_scan(const char *bytes, size_t length, size_t max_length,
              enum xml_source source, const char **ret_from, size_t *ret_length,
              struct error *err) must_check;

#endif
