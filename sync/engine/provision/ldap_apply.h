/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_apply.h: changes catalogue entries to their desired state.  Without the
 * lock. */
#ifndef SYNC_ENGINE_PROVISION_LDAP_APPLY_H
#define SYNC_ENGINE_PROVISION_LDAP_APPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "region/config/config.h"
#include "region/ldap/directory.h"
#include "sync/engine/provision/reconcile_plan.h"

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

/* Writes the municipalities' entries.  Takes the lock.  On error returns
 * false. */
bool apply_municipalities(const struct config *cfg,
                          struct error *err) must_check;

#endif
