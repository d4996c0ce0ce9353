/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-provisioner, the only process that changes people in the
 * catalogue.  It receives entries from the connectors, and a thread of its own
 * applies them.  Exits with 64 on a usage error and 78 when the configuration
 * cannot be used. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/round.h"
#include "sync/writer/state.h"

enum {
	MOST_QUESTIONS = 64,
	IDLE_MS = 1000,
	REST_ROUNDS = 30,
	SETTLING_MS = 150,
	USAGE = 64,
	CONFIGURATION = 78,
};

static const struct answer_row rows[] = {
	{ ASK_HELLO, stage_hello },     { ASK_BEGIN, stage_begin },
	{ ASK_ENTRIES, stage_entries }, { ASK_PRESENT, stage_present },
	{ ASK_DELETED, stage_deleted }, { ASK_COMMIT, stage_commit },
	{ ASK_ABORT, stage_abort },     { ASK_DO, control_do },
};

static bool something_settles(void)
{
	state_lock();
	bool some = state_number("SELECT 1 FROM dirty LIMIT 1", "") > 0;
	state_unlock();
	return some;
}

static void *keep_applying(void *with)
{
	struct round o = { 0 };
	int quiet = 0; /* rounds without work */

	(void)with;
	for (;;) {
		struct region *r = snapshot_current();
		bool some = round_go(&o, r);

		region_release(r);
		quiet = some ? 0 : quiet + 1;
		if (quiet == REST_ROUNDS) {
			state_rest();
			daemon_rest();
		}
		if (!some)
			work_wait(something_settles() ? SETTLING_MS : IDLE_MS);
	}
	return NULL;
}

/* The directory of the state database; its parent is the packager's. */
static bool open_files(const struct region *r, struct arena *a,
                       struct fault *why)
{
	char *folder = arena_print(a, "%s/sync", r->state);

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return fault(why, FAULT_UNAVAILABLE, "%s: %m", folder);
	if (!journal_begin(arena_print(a, "%s/journal.jsonl", folder), why) ||
	    !state_open(arena_print(a, "%s/cache.sqlite", folder), why))
		return false;
	stage_forget_unfinished();
	return true;
}

static bool start(struct fault *why)
{
	struct arena *a = arena_open();
	struct region *r = snapshot_current();
	pthread_t thread;
	bool good = open_files(r, a, why);

	region_release(r);
	arena_close(a);
	if (!good)
		return false;
	catalogue_writer = catalogue_writer_open(CATALOGUE_SYNC);
	if (pthread_create(&thread, NULL, keep_applying, NULL) != 0)
		return fault(why, FAULT_UNAVAILABLE, "no thread");
	return true;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };

	daemon_begin("portvakt-writer");
	if (argc != 3 || !text_equal(argv[1], "-c")) {
		fprintf(stderr, "usage: portvakt-writer -c region.conf\n");
		return USAGE;
	}
	daemon_signals();
	daemon_die_with_parent();
	if (!snapshot_open(argv[2], &why) || !start(&why)) {
		log_error("cannot start", "why", why.text, NULL);
		return CONFIGURATION;
	}
	answer_serve(daemon_socket(DAEMON_FIRST), "writer", rows, LENGTH(rows),
	             MOST_QUESTIONS);
	/* Interrupted work is found by the next start's verification. */
	_exit(0);
}
