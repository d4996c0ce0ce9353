/* SPDX-License-Identifier: AGPL-3.0-or-later
 * import_salt.c: imports an issuer's sealed salt into the signer before its
 * people are loaded. Root loads the catalogue from the output of `portvaktctl
 * import`; portvakt-admin has no right to add people. */
#include "idp/admin/admin.h"
#include "idp/admin/command/ldap_entry_builder.h"

#include "lib/strbuf.h"

static bool import_note_entry(void *data, const struct directory_entry *e,
                              struct error *err)
{
	bool *found = data;

	(void)e, (void)err;
	*found = true;
	return true;
}

/* On error ERROR_INVALID: people who were synchronised earlier have other ids,
 * so an import requires an empty ou=people. */
static bool import_require_empty_catalogue(const struct admin_command *cmd,
                                           struct error *err)
{
	static const char *const no_attributes[] = { "1.1", NULL };
	struct directory *d = NULL;
	bool found = false;

	if (!cmd_open_catalogue(cmd, &d, err) ||
	    !directory_search_each(d,
	                           arena_printf(cmd->arena, "ou=people,%s",
	                                        cmd->cfg->catalogue.base),
	                           SCOPE_ONE_LEVEL, "(objectClass=*)",
	                           no_attributes, import_note_entry, &found,
	                           err))
		return false;
	return !found ||
	       error_set(err, ERROR_INVALID,
	                 "the catalogue has people already; import before the "
	                 "first synchronisation");
}

bool admin_import(const struct admin_command *cmd, struct error *err)
{
	const struct municipality *m =
	    cmd->argc > 2 ? config_municipality(cmd->cfg, cmd->argv[1]) : NULL;

	if (!m || !m->issuer)
		return error_set(
		    err, ERROR_INVALID,
		    "no municipality of this name has an issuer here");
	if (!cmd_require_by_and_reason(cmd, err) ||
	    !import_require_empty_catalogue(cmd, err) ||
	    !cmd_audit(cmd, NULL, NULL, err))
		return false;
	const struct import_salt_request request = { .issuer = m->issuer->name,
		                                     .sealed = cmd->argv[2] };

	return import_salt_call(admin_backends.signer, cmd->arena,
	                        cmd->cfg->hash, &request, NULL, err);
}
