/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ask_plugin.c: questions to portvakt-plugin-host, started for this run. */
#include "ctl/ask_plugin.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ipc/ipc_client.h"
#include "region/policy/policy_context.h"

/* The first answer comes when all plugins of the owner are loaded. */
enum { ANSWER_MS = 60 * 1000 };

/* A program of one owner. */
struct asked_owner {
	const char *owner;
	pid_t pid; /* 0: it could not be started */
	int fd;
};

struct plugin_asker {
	const struct command *command;
	const char *file;
	VECTOR(struct asked_owner) owners;
	uint64_t last_id;
};

struct plugin_asker *plugin_asker_open(const struct command *c,
                                       const char *file)
{
	struct plugin_asker *asker = arena_new(c->arena, struct plugin_asker);

	*asker = (struct plugin_asker){ .command = c, .file = file };
	/* A program that has ended is an error of its own. */
	(void)signal(SIGPIPE, SIG_IGN);
	return asker;
}

void plugin_asker_close(struct plugin_asker *asker)
{
	for (size_t i = 0; i < asker->owners.count; i++) {
		const struct asked_owner *o = &asker->owners.at[i];

		if (o->pid == 0)
			continue;
		(void)close(o->fd);
		while (waitpid(o->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	asker->owners.count = 0;
}

static struct asked_owner asked_owner_start(struct plugin_asker *asker,
                                            const char *owner)
{
	struct arena *a = asker->command->arena;
	struct asked_owner o = { .owner = arena_strdup(a, owner), .fd = -1 };
	char *argv[] = { NULL, arena_strdup(a, "--ask-plugins"),
		         arena_strdup(a, asker->file), arena_strdup(a, owner),
		         NULL };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return o;
	o.pid = plugin_host_start(asker->command, argv, pair[1]);
	o.fd = pair[0];
	(void)close(pair[1]);
	if (o.pid == 0)
		(void)close(pair[0]);
	return o;
}

static const struct asked_owner *asked_owner_find(struct plugin_asker *asker,
                                                  const char *owner)
{
	for (size_t i = 0; i < asker->owners.count; i++)
		if (text_equal(asker->owners.at[i].owner, owner))
			return &asker->owners.at[i];
	struct asked_owner *o =
	    vector_append(asker->command->arena, &asker->owners);

	*o = asked_owner_start(asker, owner);
	return o;
}

static bool asker_exchange(struct plugin_asker *asker,
                           const struct asked_owner *o,
                           const struct evaluate_request *request,
                           struct evaluate_reply *ret, struct error *err)
{
	struct arena *a = asker->command->arena;
	json_t *body = NULL;
	uint8_t type;
	uint64_t id;

	if (!evaluate_request_write(request, &body, err))
		return false;
	bool sent =
	    ipc_frame_send(o->fd, IPC_EVALUATE, ++asker->last_id, body, err);

	json_decref(body);
	return sent &&
	       ipc_frame_receive(a, o->fd, ANSWER_MS, &type, &id, &body, err) &&
	       evaluate_reply_read(a, body, ret, err) &&
	       ((id == asker->last_id && ret->verdicts_count == 1) ||
	        error_set(err, ERROR_UNAVAILABLE, "another answer"));
}

bool plugin_asker_ask(struct plugin_asker *asker, const char *owner,
                      const struct condition *condition,
                      const struct portvakt_context *facts,
                      enum portvakt_verdict *ret_verdict, struct error *err)
{
	struct arena *a = asker->command->arena;
	const struct asked_owner *o = asked_owner_find(asker, owner);
	const struct plugin_question question = {
		.condition = condition->name,
		.arguments = (const char *const *)condition->arguments,
		.arguments_count = condition->count,
		.facts = js_own(a, policy_context_to_json(facts)),
	};
	const struct evaluate_request request = { .questions = &question,
		                                  .questions_count = 1 };
	struct evaluate_reply reply = { 0 };
	struct error inner = { 0 };

	if (o->pid == 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "portvakt-plugin-host cannot be started");
	if (!asker_exchange(asker, o, &request, &reply, &inner))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the plugins of %s cannot be used", owner);
	*ret_verdict = plugin_verdict_from_ipc(reply.verdicts[0]);
	return true;
}
