/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_pool.h: the workers of one plugin, each of which evaluates one
 * question at a time; a short queue before them; and the questions that ended a
 * worker.  Thread-safe. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_POOL_H
#define IDP_PLUGIN_HOST_PLUGIN_POOL_H

#include "idp/plugin_host/plugin_image.h"
#include "ipc_messages.h"

enum {
	POOL_MAX_WORKERS = 16,
	POOL_MAX_WAITING = 32, /* questions in the queue */
	POOL_WAIT_MS = 60,     /* in the queue; then the plugin is busy */
	/* Questions that end a worker are asked once more while a pool
	 * restarts fewer workers a second than this. */
	POOL_MAX_RESTARTS = 20,
	POOL_START_PAUSE_MS = 1000, /* after a start that failed */
};

struct plugin_pool_options {
	const char *program, *argument; /* of a worker (worker_process.h) */
	const char *plugin_host, *plugin;
	int workers;
};

struct plugin_pool;

/* Starts the workers.  Takes over the image's descriptors.  One reference. */
struct plugin_pool *plugin_pool_open(const struct plugin_pool_options *options,
                                     const struct plugin_image *image);
struct plugin_pool *plugin_pool_ref(struct plugin_pool *p);
/* The last one ends the workers. */
void plugin_pool_unref(struct plugin_pool *p);

/* Returns the verdict; ERROR for a question that ended a worker within the
 * last minute, BUSY if no worker was free in time. */
enum ipc_verdict plugin_pool_evaluate(struct plugin_pool *p,
                                      const struct plugin_question *question);

/* Waits for a worker to load, prepare and test itself.  False with a
 * sentence. */
bool plugin_pool_ready(struct plugin_pool *p, struct error *err) must_check;

/* worker_validate() by a free worker. */
bool plugin_pool_validate(struct plugin_pool *p, const char *condition,
                          const char *const *arguments, size_t count,
                          size_t *ret_argument, struct error *err) must_check;

struct plugin_pool_status {
	const char *plugin, *release; /* owned by the arena */
	const char *conditions;       /* names, separated by blanks */
	int workers;
	long questions, busy, errors; /* since its start */
	long starts;                  /* of workers */
	long deaths;                  /* workers that a question ended */
	size_t refused; /* questions that ended a worker within the minute */
	const char *last_end; /* how the last of them ended; "" */
};

void plugin_pool_read_status(struct plugin_pool *p, struct arena *a,
                             struct plugin_pool_status *ret);

/* The files that it runs, for as long as the caller has a reference. */
const struct plugin_image *plugin_pool_image(const struct plugin_pool *p);
const char *plugin_pool_name(const struct plugin_pool *p);
int plugin_pool_workers(const struct plugin_pool *p);

#endif
