/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_worker.c: the worker process that runs plugin code.  It is started
 * with exec, so it has no memory of its parent.  It loads the plugins, locks
 * the sandbox and serves one request at a time. */
#include "idp/plugin_host/plugin_worker.h"

#include <fcntl.h>
#include <unistd.h>

#include "idp/plugin_host/plugin.h"
#include "idp/plugin_host/seccomp_filter.h"
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

static const char *const *plugin_worker_arguments(struct arena *a,
                                                  const json_t *array,
                                                  size_t *ret_count)
{
	VECTOR(const char *) list = { 0 };
	const char *text;

	for (size_t i = 0; i < json_array_size(array); i++) {
		text = json_string_value(json_array_get(array, i));
		*vector_append(a, &list) = text ? text : "";
	}
	*ret_count = list.count;
	*vector_append(a, &list) = NULL;
	return list.at;
}

/* A condition evaluates only arguments that its own check has accepted. */
static enum portvakt_verdict plugin_worker_evaluate(
    struct arena *a, const struct loaded_plugins *l, const json_t *request,
    const char **ret_why)
{
	const char *name = js_string(request, "condition");
	const struct portvakt_condition *w =
	    plugin_worker_find_condition(l, name);
	const json_t *facts = js_object(request, "facts");
	size_t count, bad;
	const char *const *arguments =
	    plugin_worker_arguments(a, js_array(request, "arguments"), &count);
	const char *expected = "no arguments";

	*ret_why = "no loaded plugin has this condition";
	if (!w || !facts)
		return PORTVAKT_ERROR;
	bad = count > 0;
	if (w->validate)
		bad = w->validate(count, arguments, &expected);
	*ret_why = arena_printf(a, "arguments are invalid, expected %.80s",
	                        expected ? expected : "other arguments");
	if (bad != 0)
		return PORTVAKT_ERROR;
	*ret_why = "evaluate returned an error";
	return w->evaluate(count, arguments,
	                   policy_context_from_json(a, facts));
}

static json_t *plugin_worker_response(struct arena *a,
                                      const struct loaded_plugins *l,
                                      const json_t *request)
{
	json_t *response = js_own(a, json_object());
	const char *why = NULL;
	enum portvakt_verdict v = plugin_worker_evaluate(a, l, request, &why);

	js_set_string(response, "verdict", plugin_verdict_name(v));
	if (text_equal(plugin_verdict_name(v), "error"))
		js_set_string(response, "why", why);
	return response;
}

static bool plugin_worker_serve_one(const struct loaded_plugins *l)
{
	struct arena *a = arena_open();
	uint8_t kind;
	uint64_t id;
	json_t *request;
	bool good =
	    ipc_frame_receive(a, PLUGIN_WORKER_SOCKET, -1, &kind, &id, &request,
	                      NULL) &&
	    ipc_frame_send(PLUGIN_WORKER_SOCKET, IPC_EVALUATE | IPC_REPLY, id,
	                   plugin_worker_response(a, l, request), NULL);

	arena_close(a);
	return good;
}

/* Ready message (id 0): the parent waits for it before the first request. */
static bool plugin_worker_send_ready(void)
{
	own(release_json) json_t *nothing = json_object();

	return ipc_frame_send(PLUGIN_WORKER_SOCKET, IPC_EVALUATE | IPC_REPLY,
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
