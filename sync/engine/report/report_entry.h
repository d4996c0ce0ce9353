/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report_entry.h: how reports name entries and people.  A person with a
 * protected address is known by the anchor and the id only: no report has the
 * DN, a name, login name, address or other value of such an entry. */
#ifndef SYNC_ENGINE_REPORT_REPORT_ENTRY_H
#define SYNC_ENGINE_REPORT_REPORT_ENTRY_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/json.h"

/* Returns how a report names an entry: "DIRECTORY:ANCHOR  DN"; instead of the
 * DN "(hidden)" if the entry is protected, or "(entry deleted)".  Allocated in
 * a.  hides: true hides it in any case, as one that is compared with a
 * protected one; set to whether its values are to be hidden, too.  NULL: false.
 */
const char *report_entry_text(struct arena *a, const char *directory,
                              const char *anchor, bool *hides);
/* The same for "DIRECTORY:ANCHOR"; another text is returned as it is. */
const char *report_entry_subject_text(struct arena *a, const char *subject,
                                      bool *hides);

/* Return whether reports hide an entry or a person.  They do if a directory or
 * the catalogue protects the address: of the entry itself, of its person, of
 * another entry of that person, or of one with the same national number; and an
 * entry in quarantine if that is so of the one that it is in conflict with. */
bool report_entry_is_protected(struct arena *a, const char *directory,
                               const char *anchor);
bool report_entry_person_is_protected(struct arena *a, const char *person);
/* The same for an entry as "DIRECTORY:ANCHOR"; false for another text or NULL.
 */
bool report_entry_subject_is_protected(struct arena *a, const char *subject);

/* Returns the value, "(hidden)", or "-" for NULL. */
const char *report_entry_value(bool is_protected, const char *value);

/* A place that has no entry any more can still identify who was there.  The
 * first function returns the DNs, login names, names, mail addresses and
 * employee numbers of protected people in the catalogue:
 * {source_entry_key() of directory and normal form: true}.  The second returns
 * the place, or "(hidden)" if it or its first value is one of them. */
json_t *report_entry_hidden_names(struct arena *a);
const char *report_entry_place_text(struct arena *a, const json_t *hidden_names,
                                    const char *directory, const char *place);

#endif
