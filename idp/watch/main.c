/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-revocation follows the catalogue and records revocations in
 * Redis.  It can only deny access, never grant it.  Exits with 64 on a usage
 * error, 78 if the configuration cannot be read. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "idp/watch/watch.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/answer.h"

enum { SHORTEST_WAIT_MS = 200, LONGEST_WAIT_MS = 5000 };

static void *follow_for_ever(void *with)
{
	struct watch *w = with;
	unsigned wait = SHORTEST_WAIT_MS;

	for (;;) {
		struct fault why = { 0 };
		struct region *r = snapshot_current();
		size_t before = w->known.count;

		(void)!watch_follow(w, r, &why);
		region_release(r);
		log_warn("following the catalogue again", "why", why.text,
		         NULL);
		wait = w->known.count > before ? SHORTEST_WAIT_MS : wait * 2;
		if (wait > LONGEST_WAIT_MS)
			wait = LONGEST_WAIT_MS;
		usleep(wait * 1000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct watch watch;
	struct fault why = { 0 };
	pthread_t thread;

	daemon_begin("portvakt-watch");
	if (argc != 3 || !text_equal(argv[1], "-c")) {
		fprintf(stderr, "usage: portvakt-watch -c region.conf\n");
		return 64;
	}
	daemon_signals();
	daemon_die_with_parent();
	if (!snapshot_open(argv[2], &why)) {
		log_error("cannot start", "why", why.text, NULL);
		return 78;
	}
	watch.store = store_open(NULL);
	if (pthread_create(&thread, NULL, follow_for_ever, &watch) != 0) {
		log_error("cannot start a thread", NULL);
		return 71;
	}
	answer_serve(daemon_socket(DAEMON_FIRST), "watch", NULL, 0, 4);
	return 0;
}
