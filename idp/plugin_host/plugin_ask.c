/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_ask.c: answers questions of portvaktctl with the plugins of a
 * configuration that is not active. */
#include "idp/plugin_host/plugin_ask.h"

#include <stdio.h>

#include "idp/plugin_host/plugin_commands.h"
#include "idp/plugin_host/plugin_registry.h"
#include "idp/plugin_host/plugin_worker.h"
#include "lib/process/daemon.h"
#include "region/ipc/ipc_client.h"

/* A machine that is busy is no fault of the plugin. */
enum { TRIES = 3 };

struct plugin_answers {
	struct plugin_registry *registry;
	const struct config *cfg;
};

static enum ipc_verdict answer_question(const struct plugin_answers *s,
                                        const struct plugin_question *question)
{
	struct plugin_pool *pool =
	    plugin_registry_pool(s->registry, s->cfg, question->condition);
	enum ipc_verdict verdict = IPC_VERDICT_ERROR;

	for (int i = 0; pool && i < TRIES; i++) {
		verdict = plugin_pool_evaluate(pool, question);
		if (verdict != IPC_VERDICT_ERROR && verdict != IPC_VERDICT_BUSY)
			break;
	}
	plugin_pool_unref(pool);
	return verdict;
}

static bool answer_next(const struct plugin_answers *s)
{
	struct arena *a = arena_open();
	struct evaluate_request request = { 0 };
	struct evaluate_reply reply = { 0 };
	json_t *body = NULL, *answer = NULL;
	uint8_t type;
	uint64_t id;
	bool good = ipc_frame_receive(a, PLUGIN_ASK_SOCKET, -1, &type, &id,
	                              &body, NULL) &&
	            type == IPC_EVALUATE &&
	            evaluate_request_read(a, body, &request, NULL);
	const size_t count = good ? request.questions_count : 0;
	enum ipc_verdict *verdicts = arena_array(a, enum ipc_verdict, count);

	for (size_t i = 0; i < count; i++)
		verdicts[i] = answer_question(s, &request.questions[i]);
	reply.verdicts = verdicts;
	reply.verdicts_count = count;
	good = good && evaluate_reply_write(&reply, &answer, NULL) &&
	       ipc_frame_send(PLUGIN_ASK_SOCKET, type | IPC_REPLY, id, answer,
	                      NULL);
	json_decref(answer);
	arena_close(a);
	return good;
}

int plugin_ask_main(const char *file, const char *owner)
{
	struct arena *a = arena_open();
	const struct plugin_registry_options options = {
		.program = plugin_host_program(a),
		.argument = PLUGIN_WORKER_ARGUMENT,
		.owner = owner,
	};
	struct conf_errors wrong, faults = { .arena = a };
	struct config *cfg;

	daemon_init("portvakt-plugin-host");
	cfg = config_load_rules(a, file, &wrong);
	struct plugin_answers s = { plugin_registry_open(&options), cfg };
	bool good = cfg && plugin_registry_prepare(s.registry, cfg, &faults);

	for (size_t i = 0; i < faults.count; i++)
		(void)fprintf(stderr, "%s\n",
		              conf_error_format(a, &faults.at[i]));
	while (good && answer_next(&s))
		continue;
	plugin_registry_close(s.registry);
	config_unref(cfg);
	arena_close(a);
	return good ? 0 : 1;
}
