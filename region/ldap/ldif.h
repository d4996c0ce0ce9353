/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldif.h: reads entries from LDIF (RFC 2849), such as the output of
 * ldapsearch. */
#ifndef REGION_LDAP_LDIF_H
#define REGION_LDAP_LDIF_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "region/ldap/directory.h"

/* Reads all entries, living in a.  text is NUL-terminated after length bytes.
 * On error ERROR_INVALID with the line: what is no LDIF, a change record, a
 * value by URL, or a NUL in the text. */
bool ldif_parse(struct arena *a, const char *text, size_t length,
                struct directory_entry **ret_entries, size_t *ret_count,
                struct error *err) must_check;

#endif
