/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_entry_builder.h: builds the catalogue entries that admin adds. */
#ifndef IDP_ADMIN_COMMAND_LDAP_ENTRY_BUILDER_H
#define IDP_ADMIN_COMMAND_LDAP_ENTRY_BUILDER_H

#include "idp/admin/command/command.h"
#include "lib/vector.h"
#include "region/ldap/directory.h"

/* Returns a connection to the catalogue, bound as admin. It is closed with the
 * command's arena. */
bool cmd_open_catalogue(const struct admin_command *cmd, struct directory **ret,
                        struct error *err) must_check;

/* An entry under construction: { .arena = a }. */
struct entry_builder {
	struct arena *arena;
	VECTOR(struct directory_change) attributes;
};

/* Add an attribute with one value (NULL: no attribute), or with several values
 * in order. The values are copied into the arena. */
void entry_builder_set(struct entry_builder *e, const char *name,
                       const char *value);
void entry_builder_set_values(struct entry_builder *e, const char *name,
                              const char *const *values, size_t count);
bool entry_builder_add(const struct entry_builder *e, struct directory *d,
                       const char *dn, struct error *err) must_check;

#endif
