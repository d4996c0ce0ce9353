/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_entry_builder.c: binds to the catalogue as admin and adds entries (RFC
 * 4511 4.2, 4.7). */
#include "idp/admin/entry.h"

#include <string.h>

enum { DEADLINE_MS = 3000 };

static void close_directory(void *d)
{
	directory_close(d);
}

bool act_catalogue(const struct act *t, struct directory **ret,
                   struct fault *why)
{
	char **uris = arena_array(t->arena, char *, 2);
	struct directory_address at = {
		.uris = uris,
		.trust = t->region->catalogue.trust,
		.bind_as = t->region->catalogue.admin,
		.deadline_ms = DEADLINE_MS,
	};
	char *password = NULL;

	uris[0] = arena_copy(t->arena, t->region->catalogue.uri);
	if (!region_secret(t->region, t->arena,
	                   t->region->catalogue.admin_secret, &password, why))
		return false;
	at.password = password;
	if (!directory_open(&at, ret, why))
		return false;
	arena_keep(t->arena, *ret, close_directory);
	return true;
}

void entry_say_all(struct new_entry *e, const char *name,
                   const char *const *values, size_t count)
{
	struct directory_value *all =
	    arena_array(e->arena, struct directory_value, count);

	for (size_t i = 0; i < count; i++)
		all[i] =
		    (struct directory_value){ arena_copy(e->arena, values[i]),
			                      strlen(values[i]) };
	*list_add(e->arena, &e->said) =
	    (struct directory_change){ CHANGE_ADD, name, all, count };
}

void entry_say(struct new_entry *e, const char *name, const char *value)
{
	if (value)
		entry_say_all(e, name, &value, 1);
}

bool entry_add(const struct new_entry *e, struct directory *d, const char *dn,
               struct fault *why)
{
	enum write_result done = WRITE_FAILED;

	return directory_add(d, e->arena, dn, e->said.at, e->said.count, &done,
	                     NULL, why);
}
