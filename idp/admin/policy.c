/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy.c: `policy diff` prints what a reload would change about access, and
 * `policy trials` what trial rules would have changed. */
#include "idp/admin/admin.h"

#include <string.h>

#include "idp/admin/reload/reload.h"
#include "idp/admin/reload/weighing.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/config/policy_parse.h"

enum { TRIALS_TIMEOUT_MS = 60 * 1000, ONE_DAY = 24 * 60 * 60 };

/* ---- policy diff */

static bool admin_policy_diff(const struct admin_command *cmd,
                              struct error *err)
{
	bool names = cmd->argc == 3 && text_equal(cmd->argv[2], "--names");
	struct config *after = admin_draft(cmd, err);
	bool held;

	if (!after)
		return false;
	bool done = weighing_run(cmd, after, names, &held, err);

	if (done && text_equal(after->hash, cmd->cfg->hash))
		ipc_reply_line(cmd->request,
		               "the files are those that are active");
	else if (done)
		ipc_reply_line(
		    cmd->request, "%.16s: %s", after->hash,
		    held ? "a reload waits until these effects are accepted"
			 : "a reload activates this");
	config_unref(after);
	return done;
}

/* ---- policy trials */

/* Returns the text of the trial rule at FILE:LINE, the end of its path, or a
 * remark: the rule has changed since. */
static const char *trial_rule_text(struct arena *a,
                                   const struct municipality *m, const char *at)
{
	for (size_t i = 0; i < m->rule_count; i++) {
		const struct policy_rule *rule = &m->rules[i];
		const char *place = arena_printf(
		    a, "%s:%d", rule->location.file, rule->location.line);

		if (rule->is_trial && text_ends(place, at))
			return rule->text;
	}
	return "(no trial rule is there now)";
}

static void trials_print(const struct admin_command *cmd,
                         const struct municipality *m, const json_t *counts)
{
	const char *at = NULL;
	json_t *one = NULL;

	json_object_foreach((json_t *)(uintptr_t)counts, at, one)
	{
		ipc_reply_line(
		    cmd->request,
		    "%s: %s: of %lld decisions, %lld would be refused, %lld "
		    "would need a second factor, %lld would be allowed",
		    at, trial_rule_text(cmd->arena, m, at),
		    js_number(one, "evaluated", 0), js_number(one, "refuse", 0),
		    js_number(one, "step-up", 0), js_number(one, "allow", 0));
	}
}

static bool admin_policy_trials(const struct admin_command *cmd,
                                struct error *err)
{
	const struct municipality *m =
	    cmd->argc > 2 ? config_municipality(cmd->cfg, cmd->argv[2]) : NULL;
	const char *since = cmd_option(cmd, "since");
	struct audit_trials_request request = { .since =
		                                    clock_now() - ONE_DAY };
	struct audit_trials_reply reply;
	int64_t when;

	if (!m)
		return error_set(err, ERROR_INVALID,
		                 "policy trials expects a municipality");
	if (since && !clock_parse_local(since, false, &when))
		return error_set(err, ERROR_INVALID,
		                 "--since must be local time such as "
		                 "2026-11-21T23:05, or a date, not %s",
		                 since);
	if (since)
		request.since = when;
	request.municipality = m->name;
	struct ipc_client *audit =
	    ipc_client_open(arena_printf(cmd->arena, "%s/audit.sock",
	                                 cmd->cfg->runtime_directory),
	                    1, TRIALS_TIMEOUT_MS);
	bool done = audit_trials_call(audit, cmd->arena, cmd->cfg->hash,
	                              &request, &reply, err);

	ipc_client_close(audit);
	if (!done)
		return false;
	trials_print(cmd, m, reply.counts);
	if (json_object_size(reply.counts) == 0)
		ipc_reply_line(cmd->request,
		               "no trial rule of %s was evaluated since then",
		               m->name);
	return true;
}

/* ---- emergencies, for the daily report */

/* Returns "login@domain", or the affiliation's id for a protected person, or
 * where the catalogue has it no longer or cannot be read. */
static const char *emergency_login_of(const struct ipc_request *q,
                                      const struct municipality *m,
                                      const struct emergency *e)
{
	const struct person *p = NULL;
	struct error ignored = { 0 };
	const struct affiliation *f =
	    catalogue_find_by_id(admin_backends.catalogue, q->cfg, q->arena,
	                         e->person, &p, &ignored) &&
		    p
		? person_find_affiliation(p, e->affiliation)
		: NULL;

	return f && f->login && !p->is_protected
	           ? arena_printf(q->arena, "%s@%s", f->login, m->domain)
	           : e->affiliation;
}

typedef VECTOR(struct emergency_login) emergency_logins;

enum { MAX_EMERGENCIES = 100 };

static bool emergencies_add(const struct ipc_request *q,
                            const struct municipality *m, int64_t since,
                            emergency_logins *logins, long long *count,
                            struct error *err)
{
	const struct audit_emergencies_request request = { .municipality =
		                                               m->name,
		                                           .since = since };
	struct audit_emergencies_reply reply;
	struct ipc_client *audit = ipc_client_open(
	    arena_printf(q->arena, "%s/audit.sock", q->cfg->runtime_directory),
	    1, TRIALS_TIMEOUT_MS);
	bool done = audit_emergencies_call(audit, q->arena, q->cfg->hash,
	                                   &request, &reply, err);

	ipc_client_close(audit);
	if (!done)
		return false;
	*count += reply.count;
	for (size_t i = 0;
	     i < reply.emergencies_count && logins->count < MAX_EMERGENCIES;
	     i++)
		*vector_append(q->arena, logins) = (struct emergency_login){
			.municipality = m->name,
			.login =
			    emergency_login_of(q, m, &reply.emergencies[i]),
			.service = reply.emergencies[i].service,
			.at = reply.emergencies[i].at,
			.receipt = reply.emergencies[i].receipt,
		};
	return true;
}

bool admin_emergency_list(const struct ipc_request *q,
                          const struct emergency_list_request *request,
                          struct emergency_list_reply *reply, struct error *err)
{
	emergency_logins logins = { 0 };
	long long count = 0;

	for (size_t i = 0; i < q->cfg->municipality_count; i++)
		if (!emergencies_add(q, &q->cfg->municipalities[i],
		                     request->since, &logins, &count, err))
			return false;
	reply->logins = logins.at;
	reply->logins_count = logins.count;
	reply->count = count;
	return true;
}

/* Returns whether the arguments are those of the subcommand. */
static bool policy_usage_is_right(const struct admin_command *cmd)
{
	if (cmd->argc < 2)
		return false;
	if (text_equal(cmd->argv[1], "diff"))
		return cmd->argc == 2 ||
		       (cmd->argc == 3 && text_equal(cmd->argv[2], "--names"));
	return text_equal(cmd->argv[1], "trials") &&
	       (cmd->argc == 3 ||
	        (cmd->argc == 5 && text_equal(cmd->argv[3], "--since")));
}

bool admin_policy(const struct admin_command *cmd, struct error *err)
{
	if (!policy_usage_is_right(cmd))
		return error_set(err, ERROR_INVALID,
		                 "usage: policy diff [--names] | policy trials "
		                 "MUNICIPALITY [--since TIME]");
	return text_equal(cmd->argv[1], "diff") ? admin_policy_diff(cmd, err)
	                                        : admin_policy_trials(cmd, err);
}
