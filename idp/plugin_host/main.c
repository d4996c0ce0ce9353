/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-plugin-host: evaluates the plugin conditions of one
 * municipality or of the region.  It runs no plugin code itself: a sandboxed
 * worker does, and this process kills it on timeout. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idp/plugin_host/plugin_worker.h"
#include "idp/plugin_host/worker_pool.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ipc/daemon_main.h"
#include "region/policy/policy_context.h"

enum { QUESTIONS_AT_ONCE = 16 };

/* Set before the first thread. */
static struct plugin_worker *worker;
static const char *plugin_host_name;
static const char *program_path;

/* ---- plugins */

static char **plugins_of_host(const struct config *cfg)
{
	const struct municipality *m =
	    config_municipality(cfg, plugin_host_name);

	if (text_equal(plugin_host_name, "region"))
		return cfg->plugins;
	return m ? m->plugins : NULL;
}

/* Next to the program in a build tree, else the installation path. */
static const char *plugin_directory(struct arena *a)
{
	const char *folder =
	    arena_memdup(a, program_path,
	                 (size_t)(strrchr(program_path, '/') - program_path));
	const char *beside = arena_printf(a, "%s/plugins", folder);

	if (access(beside, F_OK) == 0)
		return beside;
	return arena_printf(a, "%s/../../lib/portvakt/plugins", folder);
}

static char **worker_arguments(struct arena *a, const struct config *cfg,
                               char **plugins)
{
	VECTOR(char *) list = { 0 };

	*vector_append(a, &list) = arena_strdup(a, program_path);
	*vector_append(a, &list) = arena_strdup(a, PLUGIN_WORKER_ARGUMENT);
	*vector_append(a, &list) = arena_strdup(a, plugin_directory(a));
	*vector_append(a, &list) = arena_printf(
	    a, "%s/plugin-host/%s", cfg->state_directory, plugin_host_name);
	for (; *plugins; plugins++)
		*vector_append(a, &list) = *plugins;
	*vector_append(a, &list) = NULL;
	return list.at;
}

/* ---- requests */

/* A municipality's plugins are evaluated for its own people only. */
static bool question_is_in_scope(const struct plugin_question *question)
{
	return text_equal(plugin_host_name, "region") ||
	       text_equal(js_string(question->facts, "municipality"),
	                  plugin_host_name);
}

static bool check_questions(const struct evaluate_request *request,
                            struct error *err)
{
	if (request->questions_count == 0)
		return error_set(err, ERROR_INVALID, "there are no questions");
	for (size_t i = 0; i < request->questions_count; i++)
		if (!question_is_in_scope(&request->questions[i]))
			return error_set(err, ERROR_REFUSED,
			                 "municipality of the request is not "
			                 "served by this plugin host");
	return true;
}

static bool handle_evaluate(const struct ipc_request *q,
                            const struct evaluate_request *request,
                            struct evaluate_reply *reply, struct error *err)
{
	const size_t count = request->questions_count;
	char **plugins = plugins_of_host(q->cfg);
	enum portvakt_verdict *verdicts;
	enum ipc_verdict *list;

	if (!plugins || !*plugins)
		return error_set(err, ERROR_REFUSED,
		                 "plugin host %s has no plugins",
		                 plugin_host_name);
	if (!check_questions(request, err))
		return false;
	verdicts = arena_array(q->arena, enum portvakt_verdict, count);
	list = arena_array(q->arena, enum ipc_verdict, count);
	worker_configure(worker, worker_arguments(q->arena, q->cfg, plugins));
	worker_evaluate(worker, request->questions, count, verdicts);
	for (size_t i = 0; i < count; i++)
		list[i] = plugin_verdict_to_ipc(verdicts[i]);
	reply->verdicts = list;
	reply->verdicts_count = count;
	return true;
}

static const struct ipc_handlers plugin_host_handlers = {
	.evaluate = handle_evaluate,
};

/* ---- starting */

/* Starts the worker early, so that the first request finds it ready. */
static void worker_prestart(struct arena *a, const struct config *cfg)
{
	char **plugins = plugins_of_host(cfg);

	if (plugins && *plugins)
		worker_configure(worker, worker_arguments(a, cfg, plugins));
}

static const char *own_program_path(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path));

	if (length <= 0 || (size_t)length == sizeof(path))
		abort();
	return arena_memdup(a, path, (size_t)length);
}

static bool plugin_host_init(struct daemon *d, const struct config *cfg,
                             struct error *err)
{
	(void)err;
	plugin_host_name = d->name;
	program_path = own_program_path(d->arena);
	worker = worker_open(plugin_host_name, program_path);
	worker_prestart(d->arena, cfg);
	return true;
}

static void plugin_host_stop(struct daemon *d)
{
	(void)d;
	worker_close(worker);
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-plugin-host",
		.memory_mib = 256,
		.needs = CONFINE_CHILDREN,
		.state = "plugin-host",
		.operand = "NAME",
		.init = plugin_host_init,
		.role = "plugin-host",
		.handlers = &plugin_host_handlers,
		.connections = QUESTIONS_AT_ONCE,
		.stop = plugin_host_stop,
	};

	if (argc > 1 && text_equal(argv[1], PLUGIN_WORKER_ARGUMENT))
		return plugin_worker_main(argc, argv);
	return daemon_main(&program, argc, argv);
}
