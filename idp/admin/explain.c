/* SPDX-License-Identifier: AGPL-3.0-or-later
 * explain.c: evaluates the access policy for a person and a service as at
 * login, by the active configuration or by the one that a reload would
 * activate.  `facts` is for portvaktctl, which evaluates any other one. */
#include "idp/admin/admin.h"

#include <stdlib.h>

#include "idp/admin/reload/reload.h"
#include "lib/strbuf.h"
#include "region/policy/policy_question.h"

static void explain_print(void *data, const char *line)
{
	ipc_reply_line(data, "%s", line);
}

static bool explain_with(const struct admin_command *cmd,
                         const struct config *cfg,
                         const struct policy_question *q, struct error *err)
{
	const struct plugin_evaluator evaluator =
	    plugin_host_evaluator(cmd->arena, admin_backends.plugin_hosts, cfg);
	const struct person *p = NULL;
	struct policy_request c = { 0 };

	if (!policy_question_read(cmd->arena, cfg, q, &c, err) ||
	    !cmd_find_person(cmd, cmd->argv[1], &p, err))
		return false;
	policy_question_answer(cmd->arena, cfg, p, &c, &evaluator,
	                       explain_print, (void *)cmd->request);
	return true;
}

bool admin_explain(const struct admin_command *cmd, struct error *err)
{
	struct policy_question q;

	if (cmd->argc < 3)
		return error_set(err, ERROR_INVALID,
		                 "usage: explain PERSON SERVICE");
	if (!policy_question_parse(cmd->argv, cmd->argc, "--draft", &q, err))
		return false;
	if (!text_list_has(cmd->argv, "--draft"))
		return explain_with(cmd, cmd->cfg, &q, err);
	struct config *draft = admin_draft(cmd, err);
	bool done = draft && explain_with(cmd, draft, &q, err);

	config_unref(draft);
	return done;
}

/* ---- facts */

static const char *const *facts_list(char **list)
{
	static const char *const none[] = { NULL };

	return list ? (const char *const *)list : none;
}

static size_t facts_count(char **list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count;
}

/* One line of JSON, as affiliation-facts. */
static void facts_print(const struct ipc_request *q, const char *person,
                        bool person_is_active, const struct affiliation *f)
{
	const struct affiliation_facts_frame facts = {
		.person = person,
		.active = person_is_active && f->status == STATUS_ACTIVE,
		.affiliation = f->id,
		.login = f->login,
		.municipality = f->municipality,
		.kind = affiliation_type_name(f->kind),
		.position = f->position,
		.from = f->from,
		.until = f->until,
		.units = facts_list(f->units),
		.units_count = facts_count(f->units),
		.roles = facts_list(f->roles),
		.roles_count = facts_count(f->roles),
	};
	json_t *body = NULL;

	if (!affiliation_facts_frame_write(&facts, &body, NULL))
		return;
	char *text = json_dumps(body, JSON_COMPACT);

	ipc_reply_line(q, "%s", text ? text : "");
	free(text);
	json_decref(body);
}

static void facts_on_affiliation(void *data, const struct affiliation *f)
{
	facts_print(data, "", true, f);
}

bool admin_facts(const struct admin_command *cmd, struct error *err)
{
	const struct person *p = NULL;

	if (cmd->argc == 1)
		return catalogue_each_affiliation(
		    admin_backends.catalogue, cmd->cfg, facts_on_affiliation,
		    (void *)cmd->request, err);
	if (!cmd_find_person(cmd, cmd->argv[1], &p, err))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++)
		facts_print(cmd->request, p->id, p->status == STATUS_ACTIVE,
		            &p->affiliations[i]);
	return true;
}
