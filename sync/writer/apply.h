/* SPDX-License-Identifier: AGPL-3.0-or-later
 * apply.h: the one connection that changes the catalogue. */
#ifndef SYNC_WRITER_APPLY_H
#define SYNC_WRITER_APPLY_H

#include "region/catalogue_write.h"
#include "sync/writer/writer.h"

extern struct catalogue_writer *catalogue_writer;

/* What an entry of the catalogue is now: form and csn, living in arena, of
 * these names; both NULL where there is no such entry. */
struct reread {
	struct arena *arena;
	const char *const *names;
	json_t *form;
	const char *csn;
};
bool reread_entry(const struct region *r, struct reread *k, const char *dn,
                  struct fault *why) must_check;

/* What an entry is called, and all that it is made of. */
char *step_dn(struct arena *a, const struct region *r, const struct step *s);
const struct directory_change *step_attributes(struct arena *a,
                                               const struct step *s,
                                               size_t *ret_count);

/* Adds or changes until the entry is as it should be; notes its CSN in s. */
bool bring(const struct region *r, struct arena *a, struct step *s,
           struct fault *why) must_check;
/* Moves an affiliation from below s->under to where it should be. */
bool relocate(const struct region *r, struct arena *a, struct step *s,
              struct fault *why) must_check;
bool remove_entry(const struct region *r, struct arena *a, struct step *s,
                  struct fault *why) must_check;

/* ---- derived: an entry that may be removed and made again */

/* One entry as it should be: read, compared, written. */
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
