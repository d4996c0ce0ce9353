/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_worker.c: the worker process that runs plugin code.  It is started
 * with exec, so it has no memory of its parent.  It loads the plugins, locks
 * the sandbox and serves one request at a time. */
#include "idp/plugin_host/plugin_worker.h"

#include <fcntl.h>
#include <unistd.h>

#include "idp/plugin_host/plugin.h"
#include "idp/plugin_host/seccomp_filter.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ipc/ipc_client.h"
#include "region/policy/policy_context.h"

enum { FIRST_PLUGIN = 4 };

struct loaded_plugins {
	const struct portvakt_plugin **at; /* NULL-terminated */
};

static bool plugin_worker_load_all(struct arena *a, char **argv,
                                   struct loaded_plugins *ret_loaded,
                                   struct error *err)
{
	VECTOR(const struct portvakt_plugin *) list = { 0 };
	const struct portvakt_plugin *p;

	for (char **name = argv + FIRST_PLUGIN; *name; name++) {
		const char *data = arena_printf(a, "%s/%s", argv[3], *name);

		if (!plugin_load(a, argv[2], *name, data, &p, err))
			return false;
		*vector_append(a, &list) = p;
	}
	*vector_append(a, &list) = NULL;
	ret_loaded->at = list.at;
	return true;
}

static const struct portvakt_condition *plugin_worker_find_condition(
    const struct loaded_plugins *l, const char *name)
{
	for (const struct portvakt_plugin **p = l->at; *p; p++)
		if (plugin_find_condition(*p, name))
			return plugin_find_condition(*p, name);
	return NULL;
}

/* ---- requests */

/* A condition evaluates only arguments that its own check has accepted. */
static enum portvakt_verdict plugin_worker_evaluate(
    struct arena *a, const struct loaded_plugins *l,
    const struct plugin_question *question, const char **ret_why)
{
	const struct portvakt_condition *w =
	    plugin_worker_find_condition(l, question->condition);
	const size_t count = question->arguments_count;
	const char *expected = "no arguments";

	*ret_why = "no loaded plugin has this condition";
	if (!w)
		return PORTVAKT_ERROR;
	size_t bad = count > 0;

	if (w->validate)
		bad = w->validate(count, question->arguments, &expected);
	*ret_why = arena_printf(a, "arguments are invalid, expected %.80s",
	                        expected ? expected : "other arguments");
	if (bad != 0)
		return PORTVAKT_ERROR;
	*ret_why = "evaluate returned an error";
	return w->evaluate(count, question->arguments,
	                   policy_context_from_json(a, question->facts));
}

/* Returns the reply to one request, which the caller releases; NULL: it cannot
 * be written. */
static json_t *plugin_worker_response(struct arena *a,
                                      const struct loaded_plugins *l,
                                      const json_t *body)
{
	struct evaluate_one_request request;
	struct evaluate_one_reply reply = { .verdict = IPC_VERDICT_ERROR };
	struct error err = { 0 };
	json_t *response = NULL;

	if (evaluate_one_request_read(a, body, &request, &err))
		reply.verdict = plugin_verdict_to_ipc(
		    plugin_worker_evaluate(a, l, request.question, &reply.why));
	else
		reply.why = err.text;
	if (reply.verdict != IPC_VERDICT_ERROR)
		reply.why = NULL;
	else if (reply.why)
		reply.why = escape_string(a, escape_utf8, reply.why);
	(void)!evaluate_one_reply_write(&reply, &response, NULL);
	return response;
}

static bool plugin_worker_serve_one(const struct loaded_plugins *l)
{
	struct arena *a = arena_open();
	own(release_json) json_t *response = NULL;
	uint8_t type;
	uint64_t id;
	json_t *body;
	bool good = ipc_frame_receive(a, PLUGIN_WORKER_SOCKET, -1, &type, &id,
	                              &body, NULL);

	if (good)
		response = plugin_worker_response(a, l, body);
	good = response &&
	       ipc_frame_send(PLUGIN_WORKER_SOCKET,
	                      IPC_EVALUATE_ONE | IPC_REPLY, id, response, NULL);
	arena_close(a);
	return good;
}

/* The parent waits for it before the first request. */
static bool plugin_worker_send_ready(void)
{
	own(release_json) json_t *nothing = json_object();

	return ipc_frame_send(PLUGIN_WORKER_SOCKET, IPC_WORKER_READY,
	                      PLUGIN_WORKER_READY, nothing, NULL);
}

/* Plugins must not write to the standard descriptors: a log line would appear
 * to come from the plugin host. */
static void redirect_standard_descriptors(int null)
{
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (null > PLUGIN_WORKER_SOCKET)
		(void)close(null);
}

static int plugin_worker_fail(const char *step, const struct error *err)
{
	log_event(LOG_PLUGIN_WORKER_FAILED, "step", step, "error", err->text,
	          NULL);
	return 1;
}

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

int plugin_worker_main(int argc, char **argv)
{
	own(close_arena) struct arena *a = arena_open();
	struct loaded_plugins loaded;
	struct error err = { 0 };

	daemon_init("portvakt-plugin-host");
	if (argc < FIRST_PLUGIN)
		return 64;
	(void)close_range(PLUGIN_WORKER_SOCKET + 1, ~0U, 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* jansson reads its hash seed from a file, which is not available in
	 * the sandbox. */
	json_object_seed(0);
	if (!sandbox_restrict_load(&err))
		return plugin_worker_fail("sandbox", &err);
	if (!plugin_worker_load_all(a, argv, &loaded, &err))
		return plugin_worker_fail("load", &err);
	redirect_standard_descriptors(null);
	if (!sandbox_lock(&err))
		return 1;
	if (!plugin_worker_send_ready())
		return 1;
	while (plugin_worker_serve_one(&loaded))
		continue;
	/* Not exit(): it would run the destructors of the plugins. */
	_exit(0);
}
