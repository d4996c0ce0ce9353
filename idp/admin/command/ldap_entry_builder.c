/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_entry_builder.c: binds to the catalogue as admin and adds entries (RFC
 * 4511 4.2, 4.7). */
#include "idp/admin/command/ldap_entry_builder.h"

#include <string.h>

enum { DEADLINE_MS = 3000 };

static void cmd_close_catalogue(void *d)
{
	directory_close(d);
}

bool cmd_open_catalogue(const struct admin_command *cmd, struct directory **ret,
                        struct error *err)
{
	char **uris = arena_array(cmd->arena, char *, 2);
	struct directory_address at = {
		.uris = uris,
		.tls_ca_file = cmd->cfg->catalogue.tls_ca_file,
		.bind_dn = cmd->cfg->catalogue.admin_dn,
		.deadline_ms = DEADLINE_MS,
	};
	char *password = NULL;

	uris[0] = arena_strdup(cmd->arena, cmd->cfg->catalogue.uri);
	if (!config_read_secret(cmd->cfg, cmd->arena,
	                        cmd->cfg->catalogue.admin_secret, &password,
	                        err))
		return false;
	at.password = password;
	if (!directory_open(&at, ret, err))
		return false;
	arena_own(cmd->arena, *ret, cmd_close_catalogue);
	return true;
}

void entry_builder_set_values(struct entry_builder *e, const char *name,
                              const char *const *values, size_t count)
{
	struct directory_value *all =
	    arena_array(e->arena, struct directory_value, count);

	for (size_t i = 0; i < count; i++)
		all[i] =
		    (struct directory_value){ arena_strdup(e->arena, values[i]),
			                      strlen(values[i]) };
	*vector_append(e->arena, &e->attributes) =
	    (struct directory_change){ CHANGE_ADD, name, all, count };
}

void entry_builder_set(struct entry_builder *e, const char *name,
                       const char *value)
{
	if (value)
		entry_builder_set_values(e, name, &value, 1);
}

bool entry_builder_add(const struct entry_builder *e, struct directory *d,
                       const char *dn, struct error *err)
{
	enum directory_write_result done = WRITE_FAILED;

	return directory_add(d, e->arena, dn, e->attributes.at,
	                     e->attributes.count, &done, NULL, err);
}
