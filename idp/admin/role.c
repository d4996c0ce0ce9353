/* SPDX-License-Identifier: AGPL-3.0-or-later
 * role.c: grants, revokes and lists roles, in addition to those from
 * directories. A grant is an entry in ou=roles: holder, role, end, operator
 * and reason. Revoking deletes the entry; the audit log keeps both. */
#include "idp/admin/admin.h"
#include "idp/admin/command/ldap_entry_builder.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/strbuf.h"

enum { MAX_ROLES = 10000 };

/* Returns the person's only affiliation, or the one in --in MUNICIPALITY. On
 * error ERROR_INVALID. */
static bool admin_role_select_affiliation(const struct admin_command *cmd,
                                          const struct person *p,
                                          const struct affiliation **ret,
                                          struct error *err)
{
	const char *in = cmd_option(cmd, "in");
	const struct affiliation *found = NULL;

	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (in && !text_equal(f->municipality, in))
			continue;
		if (found)
			return error_set(
			    err, ERROR_INVALID,
			    "%s has several affiliations; use --in "
			    "MUNICIPALITY",
			    p->id);
		found = f;
	}
	if (!found)
		return error_set(err, ERROR_INVALID,
		                 "%s has no such affiliation", p->id);
	*ret = found;
	return true;
}

static bool admin_role_write_entry(const struct admin_command *cmd,
                                   const struct affiliation *f,
                                   const char *until, struct error *err)
{
	struct entry_builder g = { .arena = cmd->arena };
	struct directory *d = NULL;
	const char *id = random_uuid(cmd->arena);

	entry_builder_set(&g, "objectClass", "portvaktRoleGiven");
	entry_builder_set(&g, "portvaktId", id);
	entry_builder_set(&g, "portvaktVersion", "1");
	entry_builder_set(&g, "portvaktHolder", f->id);
	entry_builder_set(&g, "portvaktRole", cmd->argv[3]);
	entry_builder_set(
	    &g, "portvaktFrom",
	    clock_format_generalized_time(cmd->arena, clock_now()));
	entry_builder_set(&g, "portvaktUntil", until);
	entry_builder_set(&g, "portvaktReason", cmd_option(cmd, "reason"));
	entry_builder_set(&g, "portvaktBy",
	                  arena_printf(cmd->arena, "uid %u",
	                               (unsigned)cmd->request->peer_uid));
	return cmd_open_catalogue(cmd, &d, err) &&
	       entry_builder_add(&g, d,
	                         arena_printf(cmd->arena,
	                                      "portvaktId=%s,ou=roles,%s", id,
	                                      cmd->cfg->catalogue.base),
	                         err);
}

static bool admin_role_grant(const struct admin_command *cmd,
                             const struct person *p,
                             const struct affiliation *f, struct error *err)
{
	const char *date = cmd_option(cmd, "until");
	int64_t until = 0;

	if (!cmd_option(cmd, "reason"))
		return error_set(err, ERROR_INVALID,
		                 "--reason TEXT is required");
	if (date && !clock_parse_date(date, true, &until))
		return error_set(
		    err, ERROR_INVALID,
		    "--until must be a date such as 2026-12-31, not %s", date);
	if (!cmd_audit(cmd, p, f, err))
		return false;
	return admin_role_write_entry(
	    cmd, f,
	    until ? clock_format_generalized_time(cmd->arena, until) : NULL,
	    err);
}

static bool admin_role_find_grants(const struct admin_command *cmd,
                                   struct directory *d,
                                   const struct affiliation *f,
                                   struct directory_entry **ret,
                                   size_t *ret_count, struct error *err)
{
	static const char *const names[] = { "portvaktRole",  "portvaktHolder",
		                             "portvaktUntil", "portvaktReason",
		                             "portvaktBy",    NULL };

	return directory_search(
	    d, cmd->arena,
	    arena_printf(cmd->arena, "ou=roles,%s", cmd->cfg->catalogue.base),
	    SCOPE_ONE_LEVEL,
	    arena_printf(cmd->arena, "(portvaktHolder=%s)", f->id), names,
	    MAX_ROLES, ret, ret_count, err);
}

static bool admin_role_revoke(const struct admin_command *cmd,
                              const struct person *p,
                              const struct affiliation *f, struct error *err)
{
	struct directory *d = NULL;
	struct directory_entry *grants = NULL;
	size_t count = 0, revoked = 0;

	if (!cmd_open_catalogue(cmd, &d, err) ||
	    !admin_role_find_grants(cmd, d, f, &grants, &count, err) ||
	    !cmd_audit(cmd, p, f, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		enum directory_write_result done = WRITE_FAILED;

		if (!text_equal(
			directory_entry_text(&grants[i], "portvaktRole"),
			cmd->argv[3]))
			continue;
		if (!directory_delete(d, grants[i].dn, NULL, &done, err))
			return false;
		revoked++;
	}
	if (revoked == 0)
		return error_set(err, ERROR_INVALID,
		                 "the role is not granted here");
	return true;
}

static bool admin_role_list(const struct admin_command *cmd,
                            const struct person *p, struct error *err)
{
	struct directory *d = NULL;

	if (!cmd_open_catalogue(cmd, &d, err))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];
		struct directory_entry *grants = NULL;
		size_t count = 0;

		if (!admin_role_find_grants(cmd, d, f, &grants, &count, err))
			return false;
		for (char **r = f->roles; r && *r; r++)
			ipc_reply_line(cmd->request, "%s in %s", *r,
			               f->municipality);
		for (size_t k = 0; k < count; k++)
			ipc_reply_line(
			    cmd->request,
			    "%s in %s, granted by %s until %s: %s",
			    directory_entry_text(&grants[k], "portvaktRole")
				?: "?",
			    f->municipality,
			    directory_entry_text(&grants[k], "portvaktBy")
				?: "?",
			    directory_entry_text(&grants[k], "portvaktUntil")
				?: "further notice",
			    directory_entry_text(&grants[k], "portvaktReason")
				?: "");
	}
	return true;
}

bool admin_role(const struct admin_command *cmd, struct error *err)
{
	const struct person *p = NULL;
	const struct affiliation *f = NULL;

	if (cmd->argc < 3)
		return error_set(
		    err, ERROR_INVALID,
		    "usage: role grant|revoke PERSON ROLE | list PERSON");
	if (!cmd_find_person(cmd, cmd->argv[2], &p, err))
		return false;
	if (text_equal(cmd->argv[1], "list"))
		return admin_role_list(cmd, p, err);
	if (cmd->argc < 4 || !admin_role_select_affiliation(cmd, p, &f, err))
		return err->kind
		           ? false
		           : error_set(err, ERROR_INVALID, "role is missing");
	if (text_equal(cmd->argv[1], "grant"))
		return admin_role_grant(cmd, p, f, err);
	if (text_equal(cmd->argv[1], "revoke"))
		return admin_role_revoke(cmd, p, f, err);
	return error_set(err, ERROR_INVALID,
	                 "usage: role grant|revoke PERSON ROLE | list PERSON");
}
