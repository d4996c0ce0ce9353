/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-revocation follows the catalogue and records revocations in
 * Redis, and keeps the sessions that ended.  It can only deny access, never
 * grant it. */
#include <pthread.h>
#include <unistd.h>

#include "idp/revocation/ended_sessions.h"
#include "idp/revocation/revocation.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/daemon_main.h"

enum { MIN_BACKOFF_MS = 200, MAX_BACKOFF_MS = 5000, MAX_CONNECTIONS = 4 };

/* A new configuration is no failure. */
static enum log_event_id revocation_restart_event(const struct config *cfg)
{
	struct config *active = config_current();
	bool is_reload = !text_equal(active->hash, cfg->hash);

	config_unref(active);
	return is_reload ? LOG_REVOCATION_RELOAD : LOG_REVOCATION_RESTART;
}

/* The backoff starts again when the last attempt read new entries. */
static void *revocation_thread(void *data)
{
	struct revocation *revocation = data;
	unsigned backoff_ms = MIN_BACKOFF_MS;

	for (;;) {
		struct error err = { 0 };
		struct config *cfg = config_current();
		size_t count_before = revocation->entries.count;

		log_request_new();
		(void)!catalogue_follow_run(revocation, cfg, &err);
		log_event(revocation_restart_event(cfg), "error", err.text,
		          NULL);
		catalogue_contact_check(revocation, cfg);
		config_unref(cfg);
		backoff_ms = revocation->entries.count > count_before
		                 ? MIN_BACKOFF_MS
		                 : backoff_ms * 2;
		if (backoff_ms > MAX_BACKOFF_MS)
			backoff_ms = MAX_BACKOFF_MS;
		usleep(backoff_ms * 1000);
	}
	return NULL;
}

static bool revocation_init(struct daemon *d, const struct config *cfg,
                            struct error *err)
{
	static struct revocation revocation;
	pthread_t thread;

	(void)d;
	revocation.store = store_open(NULL);
	if (!ended_sessions_start(revocation.store, cfg, err))
		return false;
	return pthread_create(&thread, NULL, revocation_thread, &revocation) ==
	           0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot start a thread");
}

static const struct ipc_handlers revocation_handlers = {
	.ended_sessions = handle_ended_sessions,
};

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-revocation",
		.memory_mib = 1024,
		.needs = CONFINE_NETWORK | CONFINE_FILES,
		.state = "revocation",
		.init = revocation_init,
		.role = "revocation",
		.handlers = &revocation_handlers,
		.connections = MAX_CONNECTIONS,
	};

	return daemon_main(&program, argc, argv);
}
