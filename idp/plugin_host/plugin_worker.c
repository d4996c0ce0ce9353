/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_worker.c: the worker process that runs plugin code.  It is started
 * with exec, so it has no memory of its parent.  It locks the sandbox first,
 * then loads the plugin and serves one request at a time. */
#include "idp/plugin_host/plugin_worker.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idp/plugin_host/plugin.h"
#include "idp/plugin_host/seccomp_filter.h"
#include "lib/escape.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"
#include "region/policy/policy_context.h"

/* The plugin of this process; set by the step load. */
static const struct portvakt_plugin *worker_plugin;
static struct portvakt_data worker_data = { .bytes = "" };
static struct arena *worker_arena;

/* ---- steps of the start */

static bool worker_run_step(const struct worker_start_request *request,
                            struct error *err)
{
	if (request->step == WORKER_STEP_LOAD)
		return plugin_load(worker_arena, request->plugin,
		                   &worker_plugin, err);
	if (!worker_plugin)
		return error_set(err, ERROR_INVALID, "it is not loaded");
	if (request->step == WORKER_STEP_PREPARE)
		return plugin_prepare(worker_plugin, &worker_data, err);
	return plugin_self_test(worker_plugin, err);
}

static void worker_describe(struct arena *a, struct worker_start_reply *reply)
{
	struct strbuf names = strbuf_init(a);
	const char *release = plugin_release(worker_plugin);

	for (const struct portvakt_condition *w = worker_plugin->conditions;
	     w->name; w++)
		strbuf_appendf(&names, "%s%s", names.length ? " " : "",
		               w->name);
	reply->conditions = escape_string(a, escape_utf8, names.data);
	if (release)
		reply->release = escape_string(a, escape_utf8, release);
}

static json_t *worker_serve_start(struct arena *a, const json_t *body)
{
	struct worker_start_request request;
	struct worker_start_reply reply = { 0 };
	struct error err = { 0 };
	json_t *response = NULL;

	if (!worker_start_request_read(a, body, &request, &err) ||
	    !worker_run_step(&request, &err))
		reply.error = escape_string(a, escape_utf8, err.text);
	else
		worker_describe(a, &reply);
	(void)!worker_start_reply_write(&reply, &response, NULL);
	return response;
}

/* ---- conditions */

static size_t worker_invalid_argument(const struct portvakt_condition *w,
                                      size_t count,
                                      const char *const *arguments,
                                      const char **ret_expected)
{
	*ret_expected = "no arguments";
	if (!w->validate)
		return count > 0;
	size_t bad = w->validate(count, arguments, ret_expected);

	if (bad != 0 && !*ret_expected)
		*ret_expected = "other arguments";
	return bad;
}

static json_t *worker_serve_validate(struct arena *a, const json_t *body)
{
	struct worker_validate_request request;
	struct worker_validate_reply reply = { .invalid = -1 };
	const struct portvakt_condition *w = NULL;
	const char *expected = NULL;
	json_t *response = NULL;

	if (worker_plugin &&
	    worker_validate_request_read(a, body, &request, NULL))
		w = plugin_find_condition(worker_plugin, request.condition);
	if (w) {
		size_t bad = worker_invalid_argument(
		    w, request.arguments_count, request.arguments, &expected);

		reply.invalid = bad > request.arguments_count
		                    ? (int)request.arguments_count + 1
		                    : (int)bad;
		if (bad != 0)
			reply.expected =
			    escape_string(a, escape_utf8,
			                  arena_printf(a, "%.160s", expected));
	}
	(void)!worker_validate_reply_write(&reply, &response, NULL);
	return response;
}

/* A condition evaluates only arguments that its own check has accepted. */
static enum portvakt_verdict worker_evaluate_question(
    struct arena *a, const struct plugin_question *question,
    const char **ret_why)
{
	const struct portvakt_condition *w =
	    worker_plugin
		? plugin_find_condition(worker_plugin, question->condition)
		: NULL;
	const char *expected;

	*ret_why = "the plugin does not have this condition";
	if (!w)
		return PORTVAKT_ERROR;
	size_t bad = worker_invalid_argument(w, question->arguments_count,
	                                     question->arguments, &expected);

	*ret_why =
	    arena_printf(a, "arguments are invalid, expected %.80s", expected);
	if (bad != 0)
		return PORTVAKT_ERROR;
	*ret_why = "evaluate returned an error";
	return w->evaluate(question->arguments_count, question->arguments,
	                   policy_context_from_json(a, question->facts));
}

static json_t *worker_serve_evaluate(struct arena *a, const json_t *body)
{
	struct evaluate_one_request request;
	struct evaluate_one_reply reply = { .verdict = IPC_VERDICT_ERROR };
	struct error err = { 0 };
	json_t *response = NULL;

	if (evaluate_one_request_read(a, body, &request, &err))
		reply.verdict = plugin_verdict_to_ipc(
		    worker_evaluate_question(a, request.question, &reply.why));
	else
		reply.why = err.text;
	if (reply.verdict != IPC_VERDICT_ERROR)
		reply.why = NULL;
	else if (reply.why)
		reply.why = escape_string(a, escape_utf8, reply.why);
	(void)!evaluate_one_reply_write(&reply, &response, NULL);
	return response;
}

/* ---- requests */

static const struct {
	uint8_t type;
	/* Returns the reply, which the caller releases; NULL: it cannot be
	 * written. */
	json_t *(*serve)(struct arena *a, const json_t *body);
} worker_requests[] = {
	{ IPC_WORKER_START, worker_serve_start },
	{ IPC_WORKER_VALIDATE, worker_serve_validate },
	{ IPC_EVALUATE_ONE, worker_serve_evaluate },
};

static json_t *worker_serve(struct arena *a, uint8_t type, const json_t *body)
{
	for (size_t i = 0; i < LENGTH(worker_requests); i++)
		if (worker_requests[i].type == type)
			return worker_requests[i].serve(a, body);
	return NULL;
}

static bool worker_serve_next(void)
{
	struct arena *a = arena_open();
	own(release_json) json_t *response = NULL;
	uint8_t type;
	uint64_t id;
	json_t *body;
	bool good = ipc_frame_receive(a, PLUGIN_WORKER_SOCKET, -1, &type, &id,
	                              &body, NULL);

	if (good)
		response = worker_serve(a, type, body);
	good = response && ipc_frame_send(PLUGIN_WORKER_SOCKET,
	                                  type | IPC_REPLY, id, response, NULL);
	arena_close(a);
	return good;
}

/* ---- start */

/* Memory that was refused is the usual cause of a fault; the exit status tells
 * it apart, because it has another remedy. */
static void worker_on_fault(int number)
{
	(void)number;
	if (errno == ENOMEM)
		_exit(PLUGIN_WORKER_NO_MEMORY);
}

/* The second time the fault ends the process as usual. */
static void worker_handle_faults(void)
{
	const struct sigaction action = { .sa_handler = worker_on_fault,
		                          .sa_flags = (int)SA_RESETHAND };

#ifndef __SANITIZE_ADDRESS__
	(void)sigaction(SIGSEGV, &action, NULL);
#else
	(void)action;
#endif
}

static void worker_map_data(void)
{
	struct stat st;

	if (fstat(PLUGIN_WORKER_DATA, &st) != 0 || st.st_size <= 1)
		return;
	void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
	                PLUGIN_WORKER_DATA, 0);

	if (at == MAP_FAILED)
		_exit(PLUGIN_WORKER_NO_MEMORY);
	worker_data = (struct portvakt_data){
		.bytes = at,
		.size = (size_t)st.st_size - 1,
	};
}

static volatile int *worker_map_note(void)
{
	void *at = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED,
	                PLUGIN_WORKER_NOTE, 0);

	if (at == MAP_FAILED)
		_exit(PLUGIN_WORKER_NO_MEMORY);
	return at;
}

/* dlopen() reads from the start, and the position of the descriptor is that of
 * all workers; so it is opened again, for reading only. */
static bool worker_reopen_library(void)
{
	int fd = open("/proc/self/fd/4", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, PLUGIN_WORKER_LIBRARY) < 0)
		return false;
	return close(fd) == 0;
}

int plugin_worker_main(void)
{
	struct error err = { 0 };

	daemon_init("portvakt-plugin-host");
	worker_arena = arena_open();
	worker_map_data();
	volatile int *note = worker_map_note();

	(void)close_range(PLUGIN_WORKER_DATA, ~0U, 0);
	(void)close(STDIN_FILENO);
	worker_handle_faults();
	/* A plugin may need it, and it cannot be opened later. */
	(void)dlopen("libm.so.6", RTLD_NOW | RTLD_GLOBAL);
	/* jansson reads its hash seed from a file, which is not available in
	 * the sandbox. */
	json_object_seed(0);
	if (!worker_reopen_library() ||
	    !sandbox_lock(PLUGIN_WORKER_LIBRARY, note, PLUGIN_WORKER_FORBIDDEN,
	                  &err))
		return PLUGIN_WORKER_NO_SANDBOX;
	while (worker_serve_next())
		continue;
	/* Not exit(): it would run the destructors of the plugin. */
	_exit(0);
}
