/* SPDX-License-Identifier: AGPL-3.0-or-later
 * explain.c: evaluates the access policy for a person and a service as at
 * login, for a given time, address and listener, and prints the rules that
 * decided. */
#include "idp/admin/admin.h"

#include "lib/clock.h"
#include "lib/strbuf.h"

static bool admin_explain_parse(const struct admin_command *cmd,
                                const char *service, struct policy_request *ret,
                                struct error *err)
{
	const char *at = cmd_option(cmd, "at");

	*ret = (struct policy_request){
		.service = service,
		.address = cmd_option(cmd, "from") ?: "",
		.listener = cmd_option(cmd, "listener") ?: "",
		.acr = "idporten-loa-low",
		.now = clock_now(),
	};
	if (at && !clock_parse_iso(at, &ret->now))
		return error_set(
		    err, ERROR_INVALID,
		    "--at must be a time such as 2026-11-21T23:05:00Z, not %s",
		    at);
	return true;
}

static const char *const verdict_names[] = {
	[POLICY_DENY] = "REFUSED",
	[POLICY_STEP_UP] = "NEEDS A SECOND FACTOR",
	[POLICY_ALLOW] = "ALLOWED",
};

static void admin_explain_affiliation(const struct admin_command *cmd,
                                      const struct person *p,
                                      const struct affiliation *f,
                                      const struct policy_request *c)
{
	struct policy_decision d = { 0 };
	struct plugin_evaluator evaluator = plugin_host_evaluator(
	    cmd->arena, admin_backends.plugin_hosts, cmd->cfg);

	policy_evaluate(cmd->arena, cmd->cfg, p, f, c, &evaluator, &d);
	ipc_reply_line(cmd->request, "as %s in %s (%s): %s%s%s",
	               affiliation_type_name(f->kind), f->municipality, f->id,
	               verdict_names[d.verdict], d.reason ? ", " : "",
	               d.reason ?: "");
	char *explanation = policy_explain(cmd->arena, cmd->cfg, &d);
	size_t count = 0;
	char **lines = text_split(cmd->arena, explanation, "\n", &count);

	for (size_t i = 0; i < count; i++)
		ipc_reply_line(cmd->request, "  %s", lines[i]);
}

static bool admin_explain_service_exists(const struct config *cfg,
                                         const char *name)
{
	return text_equal(name, "portal") || config_service(cfg, name);
}

bool admin_explain(const struct admin_command *cmd, struct error *err)
{
	const struct person *p = NULL;
	struct policy_request c = { 0 };

	if (cmd->argc < 3)
		return error_set(err, ERROR_INVALID,
		                 "usage: explain PERSON SERVICE");
	if (!admin_explain_service_exists(cmd->cfg, cmd->argv[2]))
		return error_set(err, ERROR_INVALID, "unknown service %s",
		                 cmd->argv[2]);
	if (!admin_explain_parse(cmd, cmd->argv[2], &c, err) ||
	    !cmd_find_person(cmd, cmd->argv[1], &p, err))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (affiliation_is_valid_at(f, c.now))
			admin_explain_affiliation(cmd, p, f, &c);
		else
			ipc_reply_line(
			    cmd->request,
			    "as %s in %s (%s): not valid at this time",
			    affiliation_type_name(f->kind), f->municipality,
			    f->id);
	}
	if (p->affiliation_count == 0)
		ipc_reply_line(cmd->request, "no affiliations");
	return true;
}
