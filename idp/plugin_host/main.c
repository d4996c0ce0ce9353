/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-plugin-host: evaluates the plugin conditions of one
 * municipality or of the region.  It runs no plugin code itself: sandboxed
 * workers do. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idp/plugin_host/plugin_ask.h"
#include "idp/plugin_host/plugin_commands.h"
#include "idp/plugin_host/plugin_registry.h"
#include "idp/plugin_host/plugin_test.h"
#include "idp/plugin_host/plugin_worker.h"
#include "lib/strbuf.h"
#include "region/ipc/candidate_plugins.h"
#include "region/ipc/daemon_main.h"

enum { QUESTIONS_AT_ONCE = 32 };

/* Set before the first thread. */
static struct plugin_registry *registry;
static const char *plugin_host_name;

/* ---- requests */

/* A municipality's plugins are evaluated for its own people only. */
static bool question_is_in_scope(const struct plugin_question *question)
{
	return text_equal(plugin_host_name, "region") ||
	       text_equal(js_string(question->facts, "municipality"),
	                  plugin_host_name);
}

static bool check_questions(const struct ipc_request *q,
                            const struct evaluate_request *request,
                            struct error *err)
{
	size_t plugins;

	(void)plugin_registry_confs(q->cfg, plugin_host_name, &plugins);
	if (plugins == 0)
		return error_set(err, ERROR_REFUSED,
		                 "plugin host %s has no plugins",
		                 plugin_host_name);
	if (request->questions_count == 0)
		return error_set(err, ERROR_INVALID, "there are no questions");
	for (size_t i = 0; i < request->questions_count; i++)
		if (!question_is_in_scope(&request->questions[i]))
			return error_set(err, ERROR_REFUSED,
			                 "municipality of the request is not "
			                 "served by this plugin host");
	return true;
}

/* A condition whose plugin cannot be used is an error. */
static void evaluate_question(const struct ipc_request *q,
                              const struct plugin_question *question,
                              enum ipc_verdict *ret_verdict,
                              const char **ret_identity)
{
	struct plugin_pool *pool =
	    plugin_registry_pool(registry, q->cfg, question->condition);

	*ret_verdict = IPC_VERDICT_ERROR;
	*ret_identity = "";
	if (!pool)
		return;
	*ret_verdict = plugin_pool_evaluate(pool, question);
	*ret_identity = arena_printf(
	    q->arena, "%s file=%.16s data=%.16s", plugin_pool_name(pool),
	    plugin_pool_image(pool)->hash, plugin_pool_image(pool)->data_hash);
	plugin_pool_unref(pool);
}

static bool handle_evaluate(const struct ipc_request *q,
                            const struct evaluate_request *request,
                            struct evaluate_reply *reply, struct error *err)
{
	const size_t count = request->questions_count;

	if (!check_questions(q, request, err))
		return false;
	enum ipc_verdict *verdicts =
	    arena_array(q->arena, enum ipc_verdict, count);
	const char **identities = arena_array(q->arena, const char *, count);

	for (size_t i = 0; i < count; i++)
		evaluate_question(q, &request->questions[i], &verdicts[i],
		                  &identities[i]);
	reply->verdicts = verdicts;
	reply->identities = identities;
	reply->verdicts_count = reply->identities_count = count;
	return true;
}

static const char *plugin_status_line(struct arena *a, struct plugin_pool *pool)
{
	struct plugin_pool_status s;

	plugin_pool_read_status(pool, a, &s);
	return arena_printf(
	    a,
	    "%s %s file=%.16s data=%.16s release=\"%s\" workers=%d "
	    "questions=%ld busy=%ld errors=%ld starts=%ld deaths=%ld "
	    "refused=%zu",
	    plugin_host_name, s.plugin, plugin_pool_image(pool)->hash,
	    plugin_pool_image(pool)->data_hash, s.release, s.workers,
	    s.questions, s.busy, s.errors, s.starts, s.deaths, s.refused);
}

static bool handle_plugin_list(const struct ipc_request *q,
                               const struct plugin_list_request *request,
                               struct plugin_list_reply *reply,
                               struct error *err)
{
	size_t count, confs;
	struct plugin_pool **list =
	    plugin_registry_list(registry, q->arena, &count);
	const struct plugin_conf *conf =
	    plugin_registry_confs(q->cfg, plugin_host_name, &confs);
	const char **lines = arena_array(q->arena, const char *, count);

	(void)request, (void)err;
	for (size_t i = 0; i < count; i++) {
		lines[i] = list[i]
		               ? plugin_status_line(q->arena, list[i])
		               : arena_printf(q->arena, "%s %s cannot be used",
		                              plugin_host_name,
		                              i < confs ? conf[i].name : "?");
		plugin_pool_unref(list[i]);
	}
	reply->lines = lines;
	reply->lines_count = count;
	return true;
}

static bool handle_plugin_rollback(
    const struct ipc_request *q, const struct plugin_rollback_request *request,
    struct plugin_rollback_reply *reply, struct error *err)
{
	(void)reply;
	return plugin_registry_rollback(registry, q->cfg, request->plugin, err);
}

static const struct ipc_handlers plugin_host_handlers = {
	.evaluate = handle_evaluate,
	.plugin_list = handle_plugin_list,
	.plugin_rollback = handle_plugin_rollback,
};

/* ---- configurations */

/* Refuses a reload with the first fault; `portvaktctl check` lists all. */
static bool plugin_host_prepared(const struct config *next, struct error *err)
{
	struct arena *a = arena_open();
	struct conf_errors faults = { .arena = a };
	bool good = plugin_registry_prepare(registry, next, &faults);

	if (!good)
		(void)error_set(err, ERROR_INVALID, "%s",
		                conf_error_format(a, &faults.at[0]));
	arena_close(a);
	return good;
}

static void plugin_host_activated(const struct config *active)
{
	plugin_registry_activate(registry, active);
}

static bool plugin_host_init(struct daemon *d, const struct config *cfg,
                             struct error *err)
{
	static const struct ipc_config_hooks hooks = {
		.prepared = plugin_host_prepared,
		.activated = plugin_host_activated,
	};
	const struct plugin_registry_options options = {
		.program = plugin_host_program(d->arena),
		.argument = PLUGIN_WORKER_ARGUMENT,
		.owner = d->name,
		.state = arena_printf(d->arena, "%s/plugin-host/%s",
		                      cfg->state_directory, d->name),
	};

	(void)err;
	plugin_host_name = d->name;
	registry = plugin_registry_open(&options);
	plugin_registry_start(registry, cfg);
	ipc_set_config_hooks(&hooks);
	return true;
}

static void plugin_host_stop(struct daemon *d)
{
	(void)d;
	plugin_registry_close(registry);
}

static int plugin_test_program(char **arguments)
{
	struct arena *a = arena_open();
	int status = plugin_test_main(plugin_host_program(a), arguments);

	arena_close(a);
	return status;
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-plugin-host",
		.memory_mib = 256,
		.needs = CONFINE_CHILDREN | CONFINE_FILES,
		.state = "plugin-host",
		.operand = "NAME",
		.init = plugin_host_init,
		.role = "plugin-host",
		.handlers = &plugin_host_handlers,
		.connections = QUESTIONS_AT_ONCE,
		.stop = plugin_host_stop,
	};

	if (argc == 2 && text_equal(argv[1], PLUGIN_WORKER_ARGUMENT))
		return plugin_worker_main();
	if (argc > 2 && text_equal(argv[1], PLUGIN_CHECK_ARGUMENT))
		return plugin_check_main(argv[2]);
	if (argc > 3 && text_equal(argv[1], PLUGIN_CANDIDATE_ARGUMENT))
		return plugin_candidate_main(argv + 2);
	if (argc == 4 && text_equal(argv[1], PLUGIN_ASK_ARGUMENT))
		return plugin_ask_main(argv[2], argv[3]);
	if (argc > 1 && text_equal(argv[1], PLUGIN_TEST_ARGUMENT))
		return plugin_test_program(argv + 2);
	return daemon_main(&program, argc, argv);
}
