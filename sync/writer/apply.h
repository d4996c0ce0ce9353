/* SPDX-License-Identifier: AGPL-3.0-or-later
 * apply.h: writes to the catalogue, on one LDAP connection. */
#ifndef SYNC_WRITER_APPLY_H
#define SYNC_WRITER_APPLY_H

#include "region/catalogue_write.h"
#include "sync/writer/writer.h"

extern struct catalogue_writer *catalogue_writer;

/* The present attributes and entryCSN of a catalogue entry, allocated in arena,
 * limited to names; attrs and csn are NULL if there is no such entry. */
struct reread {
	struct arena *arena;
	const char *const *names;
	json_t *form;
	const char *csn;
};
bool reread_entry(const struct region *r, struct reread *k, const char *dn,
                  struct fault *why) must_check;

/* Return the DN of a step's entry, and all attributes to add it with. */
char *step_dn(struct arena *a, const struct region *r, const struct step *s);
const struct directory_change *step_attributes(struct arena *a,
                                               const struct step *s,
                                               size_t *ret_count);

/* Adds or modifies until the entry has the desired attributes; stores its
 * entryCSN in s.  On error returns false: ERROR_INVALID if the server rejects
 * the entry. */
bool bring(const struct region *r, struct arena *a, struct step *s,
           struct fault *why) must_check;
/* Moves an affiliation from s->current_parent to its person (modrdn). */
bool relocate(const struct region *r, struct arena *a, struct step *s,
              struct fault *why) must_check;
bool remove_entry(const struct region *r, struct arena *a, struct step *s,
                  struct fault *why) must_check;

/* ---- derived_entry: entries that may be removed and created again */

/* A desired entry: it is read, compared and written. */
struct derived {
	const char *dn;
	const char *const *classes, *const *names;
	const json_t *form;
};
bool derived_bring(const struct region *r, struct arena *a,
                   const struct derived *d, struct fault *why) must_check;
bool derived_remove(const struct region *r, struct arena *a, const char *dn,
                    struct fault *why) must_check;

#endif
