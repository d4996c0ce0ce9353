/* SPDX-License-Identifier: AGPL-3.0-or-later
 * explain.c: evaluates the access policy for a person and a service as at
 * login, for a given time, address and listener, and prints the rules that
 * decided: by the active configuration, or by the one that a reload would
 * activate. */
#include "idp/admin/admin.h"

#include <arpa/inet.h>

#include "idp/admin/reload/reload.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/config/network.h"

/* The options, each with a value but the last. */
static const char *const explain_options[] = { "--from", "--at",   "--listener",
	                                       "--with", "--file", "--draft",
	                                       NULL };

static bool explain_check_options(const struct admin_command *cmd,
                                  struct error *err)
{
	for (size_t i = 3; i < cmd->argc; i++) {
		const char *option = cmd->argv[i];

		if (!text_list_has((char **)(uintptr_t)explain_options, option))
			return error_set(err, ERROR_INVALID,
			                 "explain has no option %s", option);
		if (!text_equal(option, "--draft") && ++i == cmd->argc)
			return error_set(err, ERROR_INVALID,
			                 "%s requires a value", option);
	}
	return true;
}

/* Answers for the configuration that is active here, and for no other file. */
static bool explain_check_file(const struct admin_command *cmd,
                               struct error *err)
{
	const char *file = cmd_option(cmd, "file");

	return !file || text_equal(file, cmd->cfg->file) ||
	       error_set(err, ERROR_INVALID,
	                 "explain answers from %s, not from %s; change that "
	                 "file and use --draft",
	                 cmd->cfg->file, file);
}

static const struct network *explain_network(const struct config *cfg,
                                             const char *name)
{
	const struct network *n = config_network(cfg, name);

	for (size_t i = 0; !n && i < cfg->municipality_count; i++)
		n = config_network_for(cfg, &cfg->municipalities[i], name);
	return n;
}

/* --from is a network, whose first address or listener counts, or an
 * address. */
static bool explain_read_from(const struct admin_command *cmd,
                              const struct config *cfg,
                              struct policy_request *ret, struct error *err)
{
	const char *from = cmd_option(cmd, "from");
	const struct network *n = from ? explain_network(cfg, from) : NULL;
	struct in6_addr unused;

	ret->address = from && !n ? from : "";
	ret->listener = cmd_option(cmd, "listener") ?: "";
	if (n && n->listener)
		ret->listener = n->listener;
	else if (n)
		ret->address = network_first_address(cmd->arena, n);
	return !from || n || inet_pton(AF_INET, from, &unused) == 1 ||
	       inet_pton(AF_INET6, from, &unused) == 1 ||
	       error_set(err, ERROR_INVALID,
	                 "--from %s is neither a network nor an address", from);
}

static bool explain_read_request(const struct admin_command *cmd,
                                 const struct config *cfg,
                                 struct policy_request *ret, struct error *err)
{
	const char *at = cmd_option(cmd, "at"), *with = cmd_option(cmd, "with");

	*ret = (struct policy_request){ .service = cmd->argv[2],
		                        .acr = "idporten-loa-low",
		                        .second_factor = with != NULL,
		                        .now = clock_now() };
	if (with && !text_equal(with, "second-factor"))
		return error_set(err, ERROR_INVALID,
		                 "--with expects second-factor, not %s", with);
	if (at && !clock_parse_local(at, false, &ret->now))
		return error_set(err, ERROR_INVALID,
		                 "--at must be local time such as "
		                 "2026-11-21T23:05, or a date, not %s",
		                 at);
	return explain_read_from(cmd, cfg, ret, err);
}

static const char *const verdict_names[] = {
	[POLICY_DENY] = "REFUSED",
	[POLICY_STEP_UP] = "NEEDS A SECOND FACTOR",
	[POLICY_ALLOW] = "ALLOWED",
};

static void admin_explain_affiliation(const struct admin_command *cmd,
                                      const struct config *cfg,
                                      const struct person *p,
                                      const struct affiliation *f,
                                      const struct policy_request *c)
{
	struct policy_decision d = { 0 };
	struct plugin_evaluator evaluator =
	    plugin_host_evaluator(cmd->arena, admin_backends.plugin_hosts, cfg);

	policy_evaluate(cmd->arena, cfg, p, f, c, &evaluator, &d);
	ipc_reply_line(cmd->request, "as %s in %s (%s): %s%s%s",
	               affiliation_type_name(f->kind), f->municipality, f->id,
	               verdict_names[d.verdict], d.reason ? ", " : "",
	               d.reason ?: "");
	char *explanation = policy_explain(cmd->arena, cfg, &d);
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

static bool admin_explain_with(const struct admin_command *cmd,
                               const struct config *cfg, struct error *err)
{
	const struct person *p = NULL;
	struct policy_request c = { 0 };

	if (!admin_explain_service_exists(cfg, cmd->argv[2]))
		return error_set(err, ERROR_INVALID, "unknown service %s",
		                 cmd->argv[2]);
	if (!explain_read_request(cmd, cfg, &c, err) ||
	    !cmd_find_person(cmd, cmd->argv[1], &p, err))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (affiliation_is_valid_at(f, c.now))
			admin_explain_affiliation(cmd, cfg, p, f, &c);
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

bool admin_explain(const struct admin_command *cmd, struct error *err)
{
	if (cmd->argc < 3)
		return error_set(err, ERROR_INVALID,
		                 "usage: explain PERSON SERVICE");
	if (!explain_check_options(cmd, err) || !explain_check_file(cmd, err))
		return false;
	if (!text_list_has(cmd->argv, "--draft"))
		return admin_explain_with(cmd, cmd->cfg, err);
	struct config *draft = admin_draft(cmd, err);
	bool done = draft && admin_explain_with(cmd, draft, err);

	config_unref(draft);
	return done;
}
