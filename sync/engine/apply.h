/* SPDX-License-Identifier: AGPL-3.0-or-later
 * apply.h: writes to the catalogue, on one LDAP connection. */
#ifndef SYNC_ENGINE_APPLY_H
#define SYNC_ENGINE_APPLY_H

#include "region/catalogue/catalogue_write.h"
#include "sync/engine/engine.h"

extern struct catalogue_writer *catalogue_writer;

/* The present attributes and entryCSN of a catalogue entry, allocated in arena,
 * limited to names; attrs and csn are NULL if there is no such entry. */
struct current_entry {
	struct arena *arena;
	const char *const *names;
	json_t *attrs;
	const char *csn;
};
bool apply_read_current(const struct config *cfg, struct current_entry *k,
                        const char *dn, struct error *err) must_check;

/* Return the DN of a step's entry, and all attributes to add it with. */
char *apply_step_dn(struct arena *a, const struct config *cfg,
                    const struct plan_step *s);
const struct directory_change *apply_step_attributes(struct arena *a,
                                                     const struct plan_step *s,
                                                     size_t *ret_count);

/* Adds or modifies until the entry has the desired attributes; stores its
 * entryCSN in s.  On error returns false: ERROR_INVALID if the server rejects
 * the entry. */
bool apply_converge(const struct config *cfg, struct arena *a,
                    struct plan_step *s, struct error *err) must_check;
/* Moves an affiliation from s->current_parent to its person (modrdn). */
bool apply_move(const struct config *cfg, struct arena *a, struct plan_step *s,
                struct error *err) must_check;
bool apply_remove(const struct config *cfg, struct arena *a,
                  struct plan_step *s, struct error *err) must_check;

/* ---- derived_entry: entries that may be removed and created again */

/* A desired entry: it is read, compared and written. */
struct derived_entry {
	const char *dn;
	const char *const *classes, *const *names;
	const json_t *attrs;
};
bool derived_entry_converge(const struct config *cfg, struct arena *a,
                            const struct derived_entry *d,
                            struct error *err) must_check;
bool derived_entry_remove(const struct config *cfg, struct arena *a,
                          const char *dn, struct error *err) must_check;

#endif
