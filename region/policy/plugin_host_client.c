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

enum { SLOTS = 8, DEADLINE_MS = 50, MAX_PLUGIN_HOSTS = 128 };

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

static json_t *condition_arguments_to_json(const struct condition *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->count; i++)
		(void)json_array_append_new(list, json_string(c->arguments[i]));
	return list;
}

static json_t *plugin_host_request(struct arena *a,
                                   const struct condition *const *conditions,
                                   size_t count,
                                   const struct portvakt_context *facts)
{
	json_t *context = policy_context_to_json(facts), *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:o, s:O}", "condition",
		                    conditions[i]->name, "arguments",
		                    condition_arguments_to_json(conditions[i]),
		                    "facts", context));
	json_decref(context);
	return js_own(a, json_pack("{s:o}", "questions", list));
}

/* A response with another number of verdicts is discarded. */
static void plugin_host_read_verdicts(const json_t *response, size_t count,
                                      enum portvakt_verdict *verdicts)
{
	const json_t *list = js_array(response, "verdicts");

	if (json_array_size(list) != count)
		return;
	for (size_t i = 0; i < count; i++)
		verdicts[i] = plugin_verdict_from_name(
		    json_string_value(json_array_get(list, i)));
}

static void plugin_host_evaluate(void *context, const char *plugin_host,
                                 const struct condition *const *conditions,
                                 size_t count,
                                 const struct portvakt_context *facts,
                                 enum portvakt_verdict *verdicts)
{
	const struct plugin_host_context *g = context;
	struct arena *a = g->arena;
	struct ipc_client *connection = plugin_host_connection(
	    g->client, arena_printf(a, "%s/plugin-host@%s.sock",
	                            g->cfg->runtime_directory, plugin_host));
	json_t *response;

	for (size_t i = 0; i < count; i++)
		verdicts[i] = PORTVAKT_ERROR;
	if (connection &&
	    ipc_call(connection, a, IPC_EVALUATE, g->cfg->hash,
	             plugin_host_request(a, conditions, count, facts),
	             &response, NULL))
		plugin_host_read_verdicts(response, count, verdicts);
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
