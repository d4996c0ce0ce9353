/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_entry_builder.h: builds the catalogue entries that admin adds. */
#ifndef IDP_ADMIN_ENTRY_H
#define IDP_ADMIN_ENTRY_H

#include "idp/admin/admin.h"
#include "lib/list.h"
#include "region/directory.h"

/* Returns a connection to the catalogue, bound as admin. It is closed with the
 * command's arena. */
bool act_catalogue(const struct act *t, struct directory **ret,
                   struct fault *why) must_check;

/* An entry under construction: { .arena = a }. */
struct new_entry {
	struct arena *arena;
	LIST(struct directory_change) said;
};

/* Add an attribute with one value (NULL: no attribute), or with several values
 * in order. The values are copied into the arena. */
void entry_say(struct new_entry *e, const char *name, const char *value);
void entry_say_all(struct new_entry *e, const char *name,
                   const char *const *values, size_t count);
bool entry_add(const struct new_entry *e, struct directory *d, const char *dn,
               struct fault *why) must_check;

#endif
