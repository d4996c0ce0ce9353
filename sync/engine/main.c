/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-provisioner, the only process that changes people in the
 * catalogue.  It receives entries from the connectors, and a thread of its own
 * applies them. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "region/ipc/daemon_main.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/change_log.h"
#include "sync/engine/control.h"
#include "sync/engine/main_loop.h"
#include "sync/engine/source/staging.h"
#include "sync/engine/state/state.h"
#include "sync/engine/state/work.h"

enum {
	MAX_REQUESTS = 64,
	IDLE_MS = 1000,
	IDLE_ROUNDS = 30,
	SETTLING_MS = 150,
};

static const struct ipc_handlers provisioner_handlers = {
	.sync_open = staging_open,
	.sync_begin = staging_begin,
	.sync_entries = staging_add_entries,
	.sync_present = staging_add_present,
	.sync_deleted = staging_add_deleted,
	.sync_commit = staging_commit,
	.sync_abort = staging_abort,
	.command = control_run,
};

static bool has_dirty_entries(void)
{
	state_lock();
	bool some = state_number("SELECT 1 FROM dirty LIMIT 1", "") > 0;
	state_unlock();
	return some;
}

static void *engine_thread(void *data)
{
	struct main_loop loop = { 0 };
	int idle_rounds = 0; /* rounds without work */

	(void)data;
	for (;;) {
		struct config *cfg = config_current();
		bool worked = main_loop_run(&loop, cfg);

		config_unref(cfg);
		idle_rounds = worked ? 0 : idle_rounds + 1;
		if (idle_rounds == IDLE_ROUNDS) {
			state_release_memory();
			daemon_trim_heap();
		}
		if (!worked)
			work_wait(has_dirty_entries() ? SETTLING_MS : IDLE_MS);
	}
	return NULL;
}

/* The directory of the state database; its parent is the packager's. */
static bool engine_open_files(const struct config *cfg, struct arena *a,
                              struct error *err)
{
	char *directory = arena_printf(a, "%s/sync", cfg->state_directory);

	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		return error_set(err, ERROR_UNAVAILABLE, "%s: %m", directory);
	if (!change_log_open(arena_printf(a, "%s/journal.jsonl", directory),
	                     err) ||
	    !state_open(arena_printf(a, "%s/cache.sqlite", directory), err))
		return false;
	staging_discard_all();
	return true;
}

static bool engine_init(struct daemon *d, const struct config *cfg,
                        struct error *err)
{
	pthread_t thread;

	if (!engine_open_files(cfg, d->arena, err))
		return false;
	catalogue_writer = catalogue_writer_open(CATALOGUE_SYNC);
	return pthread_create(&thread, NULL, engine_thread, NULL) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot start a thread");
}

/* Interrupted work is found by the next start's verification. */
static void engine_stop(struct daemon *d)
{
	(void)d;
	_exit(0);
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-provisioner",
		.memory_mib = 2048,
		.needs = CONFINE_NETWORK | CONFINE_FILES,
		.state = "sync",
		.init = engine_init,
		.role = "provisioner",
		.handlers = &provisioner_handlers,
		.connections = MAX_REQUESTS,
		.stop = engine_stop,
	};

	return daemon_main(&program, argc, argv);
}
