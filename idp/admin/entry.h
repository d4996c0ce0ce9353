/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry.h: entries of the catalogue that admin writes. */
#ifndef IDP_ADMIN_ENTRY_H
#define IDP_ADMIN_ENTRY_H

#include "idp/admin/admin.h"
#include "lib/list.h"
#include "region/directory.h"

/* The catalogue as admin, living in the act's arena. */
bool act_catalogue(const struct act *t, struct directory **ret,
                   struct fault *why) must_check;

/* An entry that is being put together: { .arena = a }. */
struct new_entry {
	struct arena *arena;
	LIST(struct directory_change) said;
};

/* Says one value, or none where that is NULL; several in one attribute by
 * entry_say_all, in their order. */
void entry_say(struct new_entry *e, const char *name, const char *value);
void entry_say_all(struct new_entry *e, const char *name,
                   const char *const *values, size_t count);
bool entry_add(const struct new_entry *e, struct directory *d, const char *dn,
               struct fault *why) must_check;

#endif
