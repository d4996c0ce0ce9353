/* SPDX-License-Identifier: AGPL-3.0-or-later
 * worker_pool.h: the plugin host's worker process: started on demand, killed on
 * timeout; a response is accepted only with the id of its request. */
#ifndef IDP_JUDGE_CHILD_H
#define IDP_JUDGE_CHILD_H

#include "lib/json.h"
#include "plugins/portvakt-plugin.h"

enum {
	CHILD_DEADLINE_MS = 40, /* for all conditions of one request */
	CHILD_DEATHS_MOST = 10, /* within a minute; then no restart for the
	                           rest of it */
};

struct child;

/* name: of the plugin host, for the log. program: path of the executable. */
struct child *child_open(const char *name, const char *program);
void child_close(struct child *c);

/* Sets the worker's arguments (see plugin_worker.h) for the next request; a
 * worker started with other arguments is replaced. */
void child_wants(struct child *c, char **arguments);

/* Sets a verdict for each of the conditions in the request (see
 * plugin_host_client.c); on error PORTVAKT_ERROR. Conditions are sent one at a
 * time, so the one that crashes the worker is known; if the worker had served
 * others before, it is retried once in a new worker. */
void child_judge(struct child *c, const json_t *questions,
                 enum portvakt_verdict *verdicts);

/* Returns the number of workers started so far. */
long child_starts(struct child *c);

#endif
