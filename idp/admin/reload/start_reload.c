/* SPDX-License-Identifier: AGPL-3.0-or-later
 * start_reload.c: what portvakt-admin does at a start of the supervisor. It
 * notes that all processes answer, so that the next start uses the same
 * configuration, and reloads if the files have changed: a start weighs nothing,
 * because the supervisor has no access to the catalogue. */
#include "idp/admin/reload/reload.h"

#include <pthread.h>
#include <time.h>

#include "lib/log.h"
#include "lib/strbuf.h"

/* The catalogue may be started after the processes. */
enum { TRIES = 24, PAUSE_S = 5, SYNC_TRIES = 10 };

static struct {
	uid_t uid; /* of the supervisor, for the audit event */
	bool change_waits;
} started;

static void start_pause(int seconds)
{
	const struct timespec pause = { .tv_sec = seconds };

	(void)nanosleep(&pause, NULL);
}

/* portvakt-sync may have read the copy that was active, and not yet have a
 * socket. A machine without it has none. */
static void start_reload_sync(const struct admin_command *cmd, const char *hash)
{
	struct error ignored = { 0 };

	for (int i = 0; i < SYNC_TRIES && !reload_sync(cmd, hash, &ignored);
	     i++)
		start_pause(1);
}

static bool start_reload(const struct admin_command *cmd, struct error *err)
{
	const char *hash;

	if (!reload_activate_files(cmd, &hash, err))
		return false;
	log_event(LOG_CONFIG_START_RELOADED, "hash", hash, NULL);
	start_reload_sync(cmd, hash);
	return true;
}

static bool start_check_and_reload(struct arena *a, const struct config *cfg,
                                   struct error *err)
{
	const struct ipc_request no_request = {
		.arena = a, .cfg = cfg, .fd = -1, .peer_uid = started.uid
	};
	char *argv[] = { arena_strdup(a, "reload"),
		         arena_strdup(a, "--at-start"), NULL };
	const struct admin_command cmd = {
		.request = &no_request,
		.arena = a,
		.cfg = cfg,
		.argv = argv,
		.argc = LENGTH(argv) - 1,
	};

	return reload_processes_have(&cmd, cfg->hash, err) &&
	       reload_send(&cmd, "works", cfg->hash, err) &&
	       (!started.change_waits || start_reload(&cmd, err));
}

/* Returns whether it is to be tried again. */
static bool start_try(struct error *err)
{
	struct config *cfg = config_current();
	struct arena *a = arena_open();

	*err = (struct error){ 0 };
	log_request_new();
	bool done = start_check_and_reload(a, cfg, err);

	log_request_clear();
	arena_close(a);
	config_unref(cfg);
	return !done && err->kind == ERROR_UNAVAILABLE;
}

static void *start_thread(void *unused)
{
	struct error err;

	(void)unused;
	for (int i = 0; i < TRIES && start_try(&err); i++)
		start_pause(PAUSE_S);
	if (started.change_waits && err.kind != ERROR_NONE)
		log_event(LOG_CONFIG_CHANGE_WAITS, "error", err.text, NULL);
	return NULL;
}

/* In a thread of its own, because the supervisor does not wait, and an end of
 * portvakt-admin shall not either. */
bool admin_supervisor_started(const struct ipc_request *q,
                              const struct supervisor_started_request *request,
                              struct supervisor_started_reply *reply,
                              struct error *err)
{
	pthread_t thread;

	(void)reply;
	started.uid = q->peer_uid;
	started.change_waits = request->change_waits;
	return (pthread_create(&thread, NULL, start_thread, NULL) == 0 &&
	        pthread_detach(thread) == 0) ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot create the thread");
}
