/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_host_client.c: sends plugin conditions to the plugin hosts.  An
 * unavailable host, a timeout or a malformed response leaves PORTVAKT_ERROR,
 * and that denies. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "region/ask.h"
#include "region/decide.h"
#include "region/facts.h"

enum { SLOTS = 8, DEADLINE_MS = 50, MOST_JUDGES = 128 };

struct judge_sockets {
	pthread_mutex_t lock; /* protects the fields below */
	size_t count;
	struct judge_socket {
		char *path;
		struct ask *ask;
	} at[MOST_JUDGES];
};

struct judge_sockets *judge_sockets_open(void)
{
	struct judge_sockets *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	(void)pthread_mutex_init(&j->lock, NULL);
	return j;
}

void judge_sockets_close(struct judge_sockets *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->count; i++) {
		ask_close(j->at[i].ask);
		free(j->at[i].path);
	}
	(void)pthread_mutex_destroy(&j->lock);
	free(j);
}

/* Requires the lock.  Returns NULL if the table is full. */
static struct ask *find_or_add(struct judge_sockets *j, const char *path)
{
	for (size_t i = 0; i < j->count; i++)
		if (text_equal(j->at[i].path, path))
			return j->at[i].ask;
	if (j->count == MOST_JUDGES)
		return NULL;
	struct judge_socket *new = &j->at[j->count];

	new->path = strdup(path);
	if (!new->path)
		abort();
	new->ask = ask_open(path, SLOTS, DEADLINE_MS);
	j->count++;
	return new->ask;
}

static struct ask *socket_of(struct judge_sockets *j, const char *path)
{
	(void)pthread_mutex_lock(&j->lock);
	struct ask *found = find_or_add(j, path);
	(void)pthread_mutex_unlock(&j->lock);
	return found;
}

/* ---- requests */

struct asking {
	struct arena *arena;
	struct judge_sockets *sockets;
	const struct region *region;
};

static json_t *arguments_of(const struct condition *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->count; i++)
		(void)json_array_append_new(list, json_string(c->arguments[i]));
	return list;
}

static json_t *question_of(struct arena *a,
                           const struct condition *const *conditions,
                           size_t count, const struct portvakt_facts *facts)
{
	json_t *known = facts_to_json(facts), *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
		    list,
		    json_pack("{s:s, s:o, s:O}", "word", conditions[i]->word,
		              "arguments", arguments_of(conditions[i]), "facts",
		              known));
	json_decref(known);
	return js_keep(a, json_pack("{s:o}", "questions", list));
}

/* A response with another number of verdicts is discarded. */
static void take_verdicts(const json_t *answer, size_t count,
                          enum portvakt_verdict *verdicts)
{
	const json_t *list = js_array(answer, "verdicts");

	if (json_array_size(list) != count)
		return;
	for (size_t i = 0; i < count; i++)
		verdicts[i] =
		    verdict_from(json_string_value(json_array_get(list, i)));
}

static void ask_socket(void *with, const char *judge,
                       const struct condition *const *conditions, size_t count,
                       const struct portvakt_facts *facts,
                       enum portvakt_verdict *verdicts)
{
	const struct asking *g = with;
	struct arena *a = g->arena;
	struct ask *k =
	    socket_of(g->sockets, arena_print(a, "%s/judge@%s.sock",
	                                      g->region->run, judge));
	json_t *answer;

	for (size_t i = 0; i < count; i++)
		verdicts[i] = PORTVAKT_ERROR;
	if (k && ask(k, a, ASK_JUDGE, g->region->hash,
	             question_of(a, conditions, count, facts), &answer, NULL))
		take_verdicts(answer, count, verdicts);
}

struct judges judges_by_socket(struct arena *a, struct judge_sockets *j,
                               const struct region *r)
{
	struct asking *g = arena_new(a, struct asking);

	*g = (struct asking){ .arena = a, .sockets = j, .region = r };
	return (struct judges){ .ask = ask_socket, .with = g };
}
