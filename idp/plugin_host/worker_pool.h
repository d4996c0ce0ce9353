/* SPDX-License-Identifier: AGPL-3.0-or-later
 * worker_pool.h: the plugin host's worker process: started on demand, killed on
 * timeout; a response is accepted only with the id of its request. */
#ifndef IDP_PLUGIN_HOST_WORKER_POOL_H
#define IDP_PLUGIN_HOST_WORKER_POOL_H

#include "ipc_messages.h"
#include "plugins/portvakt-plugin.h"

enum {
	WORKER_DEADLINE_MS = 40, /* for all conditions of one request */
	WORKER_MAX_CRASHES = 10, /* within a minute; then no restart for the
	                           rest of it */
};

struct plugin_worker;

/* name: of the plugin host, for the log. program: path of the executable. */
struct plugin_worker *worker_open(const char *name, const char *program);
void worker_close(struct plugin_worker *c);

/* Sets the worker's arguments (see plugin_worker.h) for the next request; a
 * worker started with other arguments is replaced. */
void worker_configure(struct plugin_worker *c, char **arguments);

/* Sets a verdict for each of the questions; on error PORTVAKT_ERROR. Conditions
 * are sent one at a time, so the one that crashes the worker is known; if the
 * worker had served others before, it is retried once in a new worker. */
void worker_evaluate(struct plugin_worker *c,
                     const struct plugin_question *questions, size_t count,
                     enum portvakt_verdict *verdicts);

/* Returns the number of workers started so far. */
long worker_start_count(struct plugin_worker *c);

#endif
