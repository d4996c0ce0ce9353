/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-revocation follows the catalogue and records revocations in
 * Redis.  It can only deny access, never grant it.  Exits with 64 on a usage
 * error, 78 if the configuration cannot be read. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "idp/revocation/revocation.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_server.h"

enum { MIN_BACKOFF_MS = 200, MAX_BACKOFF_MS = 5000 };

static void *follow_thread(void *with)
{
	struct revocation *revocation = with;
	unsigned backoff_ms = MIN_BACKOFF_MS;

	for (;;) {
		struct error err = { 0 };
		struct config *cfg = config_current();
		size_t count_before = revocation->entries.count;

		(void)!catalogue_follow_run(revocation, cfg, &err);
		config_unref(cfg);
		log_warn("following the catalogue again", "why", err.text,
		         NULL);
		backoff_ms = revocation->entries.count > count_before
		                 ? MIN_BACKOFF_MS
		                 : backoff_ms * 2;
		if (backoff_ms > MAX_BACKOFF_MS)
			backoff_ms = MAX_BACKOFF_MS;
		usleep(backoff_ms * 1000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct revocation revocation;
	struct error err = { 0 };
	pthread_t thread;

	daemon_init("portvakt-revocation");
	int usage =
	    daemon_check_arguments(argc, argv, "portvakt-revocation", NULL);
	if (usage >= 0)
		return usage;
	daemon_block_signals();
	daemon_die_with_parent();
	if (!config_open(argv[2], &err)) {
		log_error("cannot start", "why", err.text, NULL);
		return 78;
	}
	revocation.store = store_open(NULL);
	if (pthread_create(&thread, NULL, follow_thread, &revocation) != 0) {
		log_error("cannot start a thread", NULL);
		return 71;
	}
	ipc_serve(daemon_socket(DAEMON_FIRST), "revocation", NULL, 0, 4);
	return 0;
}
