/* SPDX-License-Identifier: AGPL-3.0-or-later
 * role.c: grants, revokes and lists roles, in addition to those from
 * directories. A grant is an entry in ou=roles: holder, role, end, operator
 * and reason. Revoking deletes the entry; the audit log keeps both. */
#include "idp/admin/admin.h"

#include <string.h>
#include <strings.h>

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

/* ---- granting */

/* Valid from then on: never, before it is approved. */
static const char waits_for_approval[] = "99991231235959Z";

/* What a grant is checked against. */
struct role_grant_request {
	const char *role, *ticket, *reason, *by;
	int64_t now, until;           /* until 0: unlimited */
	const struct role_conf *conf; /* NULL: a role of people { } */
};

static bool role_check_time(const struct role_grant_request *r,
                            struct error *err)
{
	int64_t longest = r->conf ? r->conf->max_time : 0;

	if (r->until != 0 && r->until <= r->now)
		return error_set(err, ERROR_INVALID, "--until is in the past");
	if (longest != 0 && (r->until == 0 || r->until - r->now > longest))
		return error_set(err, ERROR_INVALID,
		                 "role %s can be granted for %lld minutes at "
		                 "most: --until TIME is required",
		                 r->role, (long long)(longest / 60));
	return true;
}

static bool role_check_request(const struct role_grant_request *r,
                               struct error *err)
{
	if (!r->reason)
		return error_set(err, ERROR_INVALID,
		                 "--reason TEXT is required");
	if (r->conf && r->conf->requires_ticket && !r->ticket)
		return error_set(err, ERROR_INVALID,
		                 "role %s requires --ticket NUMBER", r->role);
	if (r->conf && r->conf->requires_approval && (!r->by || !*r->by))
		return error_set(err, ERROR_INVALID,
		                 "role %s requires --by NAME, and the approval "
		                 "of another operator",
		                 r->role);
	return role_check_time(r, err);
}

static bool role_read_request(const struct admin_command *cmd,
                              const struct affiliation *f,
                              struct role_grant_request *ret, struct error *err)
{
	const struct municipality *m =
	    config_municipality(cmd->cfg, f->municipality);
	const char *until = cmd_option(cmd, "until");

	*ret = (struct role_grant_request){
		.role = cmd->argv[3],
		.ticket = cmd_option(cmd, "ticket"),
		.reason = cmd_option(cmd, "reason"),
		.by = cmd_option(cmd, "by"),
		.now = clock_now(),
	};
	if (!m || !config_municipality_has_role(m, ret->role))
		return error_set(err, ERROR_INVALID,
		                 "%s has no role %s in people { } or role NAME",
		                 f->municipality, ret->role);
	ret->conf = config_granted_role(m, ret->role);
	if (until && !clock_parse_local(until, true, &ret->until))
		return error_set(err, ERROR_INVALID,
		                 "--until must be local time such as "
		                 "2026-12-31T16:00, or a date, not %s",
		                 until);
	return role_check_request(ret, err);
}

static const char *role_operator(const struct admin_command *cmd,
                                 const char *name)
{
	return arena_printf(cmd->arena, "%s%suid %u", name ? name : "",
	                    name ? ", " : "", (unsigned)cmd->request->peer_uid);
}

static void role_entry_build(const struct admin_command *cmd,
                             const struct role_grant_request *r,
                             struct entry_builder *g)
{
	bool waits = r->conf && r->conf->requires_approval;

	entry_builder_set(g, "portvaktRole", r->role);
	entry_builder_set(
	    g, "portvaktFrom",
	    waits ? waits_for_approval
		  : clock_format_generalized_time(cmd->arena, r->now));
	entry_builder_set(
	    g, "portvaktUntil",
	    r->until ? clock_format_generalized_time(cmd->arena, r->until)
		     : NULL);
	entry_builder_set(
	    g, "portvaktReason",
	    r->ticket ? arena_printf(cmd->arena, "%s: %s", r->ticket, r->reason)
		      : r->reason);
	entry_builder_set(g, "portvaktBy", role_operator(cmd, r->by));
	if (waits)
		ipc_reply_line(cmd->request,
		               "waits until another operator runs role approve "
		               "%s %s --by NAME",
		               cmd->argv[2], r->role);
}

static bool admin_role_grant(const struct admin_command *cmd,
                             const struct person *p,
                             const struct affiliation *f, struct error *err)
{
	struct entry_builder g = { .arena = cmd->arena };
	const char *id = random_uuid(cmd->arena);
	struct role_grant_request request;
	struct directory *d = NULL;

	if (!cmd_check_free_text(cmd, err) ||
	    !role_read_request(cmd, f, &request, err) ||
	    !cmd_audit(cmd, p, f, err))
		return false;
	entry_builder_set(&g, "objectClass", "portvaktRoleGiven");
	entry_builder_set(&g, "portvaktId", id);
	entry_builder_set(&g, "portvaktVersion", "1");
	entry_builder_set(&g, "portvaktHolder", f->id);
	role_entry_build(cmd, &request, &g);
	return cmd_open_catalogue(cmd, &d, err) &&
	       entry_builder_add(&g, d,
	                         arena_printf(cmd->arena,
	                                      "portvaktId=%s,ou=roles,%s", id,
	                                      cmd->cfg->catalogue.base),
	                         err);
}

static bool admin_role_find_grants(const struct admin_command *cmd,
                                   struct directory *d,
                                   const struct affiliation *f,
                                   struct directory_entry **ret,
                                   size_t *ret_count, struct error *err)
{
	static const char *const names[] = { "portvaktRole",
		                             "portvaktHolder",
		                             "portvaktFrom",
		                             "portvaktUntil",
		                             "portvaktReason",
		                             "portvaktBy",
		                             NULL };

	return directory_search(
	    d, cmd->arena,
	    arena_printf(cmd->arena, "ou=roles,%s", cmd->cfg->catalogue.base),
	    SCOPE_ONE_LEVEL,
	    arena_printf(cmd->arena, "(portvaktHolder=%s)", f->id), names,
	    MAX_ROLES, ret, ret_count, err);
}

/* ---- approving */

static bool role_waits(const struct directory_entry *e)
{
	return text_equal(directory_entry_text(e, "portvaktFrom"),
	                  waits_for_approval);
}

/* Returns whether the operator is another one than who granted the role, whose
 * name is before ", uid", as role_operator() writes it. */
static bool role_is_another_operator(const struct admin_command *cmd,
                                     const struct directory_entry *e,
                                     const char *name)
{
	const char *granted = directory_entry_text(e, "portvaktBy");
	const char *same = arena_printf(cmd->arena, "%s, uid ", name);

	return granted && strncasecmp(granted, same, strlen(same)) != 0;
}

static bool role_approve_entry(const struct admin_command *cmd,
                               struct directory *d,
                               const struct directory_entry *e,
                               struct error *err)
{
	char *now = clock_format_generalized_time(cmd->arena, clock_now());
	char *by = arena_printf(cmd->arena, "%s; approved by %s",
	                        directory_entry_text(e, "portvaktBy"),
	                        role_operator(cmd, cmd_option(cmd, "by")));
	const struct directory_value from_value = { now, strlen(now) };
	const struct directory_value by_value = { by, strlen(by) };
	const struct directory_change changes[] = {
		{ CHANGE_REPLACE, "portvaktFrom", &from_value, 1 },
		{ CHANGE_REPLACE, "portvaktBy", &by_value, 1 },
	};
	enum directory_write_result done = WRITE_FAILED;

	char *csn = NULL;

	return directory_modify(d, cmd->arena, e->dn, changes, LENGTH(changes),
	                        NULL, &done, &csn, err);
}

static bool admin_role_approve(const struct admin_command *cmd,
                               const struct person *p,
                               const struct affiliation *f, struct error *err)
{
	const char *by = cmd_option(cmd, "by");
	struct directory_entry *grants = NULL;
	struct directory *d = NULL;
	size_t count = 0;

	if (!by || !*by)
		return error_set(err, ERROR_INVALID, "--by NAME is required");
	if (!cmd_check_free_text(cmd, err))
		return false;
	if (!cmd_open_catalogue(cmd, &d, err) ||
	    !admin_role_find_grants(cmd, d, f, &grants, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!role_waits(&grants[i]) ||
		    !text_equal(
			directory_entry_text(&grants[i], "portvaktRole"),
			cmd->argv[3]))
			continue;
		if (!role_is_another_operator(cmd, &grants[i], by))
			return error_set(err, ERROR_REFUSED,
			                 "another operator than %s must "
			                 "approve it",
			                 by);
		return cmd_audit(cmd, p, f, err) &&
		       role_approve_entry(cmd, d, &grants[i], err);
	}
	return error_set(err, ERROR_INVALID,
	                 "no grant of this role waits for approval");
}

/* ---- revoking and listing */

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
			    "%s in %s, granted by %s until %s: %s%s",
			    directory_entry_text(&grants[k], "portvaktRole")
				?: "?",
			    f->municipality,
			    directory_entry_text(&grants[k], "portvaktBy")
				?: "?",
			    directory_entry_text(&grants[k], "portvaktUntil")
				?: "further notice",
			    directory_entry_text(&grants[k], "portvaktReason")
				?: "",
			    role_waits(&grants[k]) ? " (waits for approval)"
						   : "");
	}
	return true;
}

bool admin_role(const struct admin_command *cmd, struct error *err)
{
	const struct person *p = NULL;
	const struct affiliation *f = NULL;

	if (cmd->argc < 3)
		return error_set(err, ERROR_INVALID,
		                 "usage: role grant|approve|revoke PERSON ROLE "
		                 "| list PERSON");
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
	if (text_equal(cmd->argv[1], "approve"))
		return admin_role_approve(cmd, p, f, err);
	if (text_equal(cmd->argv[1], "revoke"))
		return admin_role_revoke(cmd, p, f, err);
	return error_set(
	    err, ERROR_INVALID,
	    "usage: role grant|approve|revoke PERSON ROLE | list PERSON");
}
