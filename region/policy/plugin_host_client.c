/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_host_client.c: sends plugin conditions to the plugin hosts.  An
 * unavailable host, a timeout or a malformed response leaves PORTVAKT_ERROR,
 * and that denies. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"
#include "region/policy/policy_context.h"
#include "region/policy/policy_evaluate.h"

enum { SLOTS = 8, DEADLINE_MS = 150, MAX_PLUGIN_HOSTS = 128 };

struct plugin_host_client {
	pthread_mutex_t lock; /* protects the fields below */
	size_t count;
	struct plugin_host_entry {
		char *path;
		struct ipc_client *ipc;
	} at[MAX_PLUGIN_HOSTS];
};

struct plugin_host_client *plugin_host_client_open(void)
{
	struct plugin_host_client *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	(void)pthread_mutex_init(&j->lock, NULL);
	return j;
}

void plugin_host_client_close(struct plugin_host_client *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->count; i++) {
		ipc_client_close(j->at[i].ipc);
		free(j->at[i].path);
	}
	(void)pthread_mutex_destroy(&j->lock);
	free(j);
}

/* Requires the lock.  Returns NULL if the table is full. */
static struct ipc_client *plugin_host_find_or_add(struct plugin_host_client *j,
                                                  const char *path)
{
	for (size_t i = 0; i < j->count; i++)
		if (text_equal(j->at[i].path, path))
			return j->at[i].ipc;
	if (j->count == MAX_PLUGIN_HOSTS)
		return NULL;
	struct plugin_host_entry *new = &j->at[j->count];

	new->path = strdup(path);
	if (!new->path)
		abort();
	new->ipc = ipc_client_open(path, SLOTS, DEADLINE_MS);
	j->count++;
	return new->ipc;
}

static struct ipc_client *plugin_host_connection(struct plugin_host_client *j,
                                                 const char *path)
{
	(void)pthread_mutex_lock(&j->lock);
	struct ipc_client *found = plugin_host_find_or_add(j, path);
	(void)pthread_mutex_unlock(&j->lock);
	return found;
}

/* ---- requests */

struct plugin_host_context {
	struct arena *arena;
	struct plugin_host_client *client;
	const struct config *cfg;
};

/* The context is the same in all. */
static const struct plugin_question *plugin_host_questions(
    struct arena *a, const struct condition *const *conditions, size_t count,
    const struct portvakt_context *facts)
{
	struct plugin_question *list =
	    arena_array(a, struct plugin_question, count);
	json_t *context = js_own(a, policy_context_to_json(facts));

	for (size_t i = 0; i < count; i++)
		list[i] = (struct plugin_question){
			.condition = conditions[i]->name,
			.arguments =
			    (const char *const *)conditions[i]->arguments,
			.arguments_count = conditions[i]->count,
			.facts = context,
		};
	return list;
}

static enum portvakt_verdict plugin_host_verdict(enum ipc_verdict verdict)
{
	return verdict == IPC_VERDICT_BUSY
	           ? (enum portvakt_verdict)PLUGIN_VERDICT_BUSY
	           : plugin_verdict_from_ipc(verdict);
}

static void plugin_host_evaluate(void *context, const char *plugin_host,
                                 const struct condition *const *conditions,
                                 size_t count,
                                 const struct portvakt_context *facts,
                                 enum portvakt_verdict *verdicts,
                                 const char **identities)
{
	const struct plugin_host_context *g = context;
	struct arena *a = g->arena;
	struct ipc_client *connection = plugin_host_connection(
	    g->client, arena_printf(a, "%s/plugin-host@%s.sock",
	                            g->cfg->runtime_directory, plugin_host));
	const struct evaluate_request request = {
		.questions = plugin_host_questions(a, conditions, count, facts),
		.questions_count = count,
	};
	struct evaluate_reply reply;
	struct error err = { 0 };

	for (size_t i = 0; i < count; i++)
		verdicts[i] = PORTVAKT_ERROR;
	bool answered = connection && evaluate_call(connection, a, g->cfg->hash,
	                                            &request, &reply, &err);

	/* A reply with another number of verdicts is discarded. */
	if (answered &&
	    (reply.verdicts_count != count || reply.identities_count != count))
		return;
	for (size_t i = 0; answered && i < count; i++)
		identities[i] = arena_strdup(a, reply.identities[i]);
	for (size_t i = 0; i < count; i++)
		verdicts[i] = answered ? plugin_host_verdict(reply.verdicts[i])
		              : text_equal(err.reason, "overloaded")
		                  ? (enum portvakt_verdict)PLUGIN_VERDICT_BUSY
		                  : PORTVAKT_ERROR;
}

struct plugin_evaluator plugin_host_evaluator(struct arena *a,
                                              struct plugin_host_client *j,
                                              const struct config *cfg)
{
	struct plugin_host_context *g =
	    arena_new(a, struct plugin_host_context);

	*g =
	    (struct plugin_host_context){ .arena = a, .client = j, .cfg = cfg };
	return (struct plugin_evaluator){ .evaluate = plugin_host_evaluate,
		                          .context = g };
}
