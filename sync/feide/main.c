/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-feide publishes national identity numbers in Feide's tree
 * where a school owner's agreement allows it.  It connects to the catalogue
 * only.  A round that fails is logged once and retried. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/text.h"
#include "region/answer.h"
#include "sync/feide/feide.h"

enum {
	LOOK_S = 5,        /* for people without a number */
	WHOLE_S = 60 * 60, /* for changed numbers and agreements */
	MOST_QUESTIONS = 2,
	USAGE = 64,
	CONFIGURATION = 78,
};

/* Each round has a connection of its own; no number outlives it. */
static bool go_round(const struct region *r, bool whole, struct fault *why)
{
	struct publisher f = { .arena = arena_open(), .region = r };
	unsigned char seal[SECRET_KEY];
	size_t changed = 0;
	bool good = secret_key(f.arena, r->credentials, "seal", seal, why);

	if (good)
		f.key = seal_key(seal);
	explicit_bzero(seal, sizeof(seal));
	good = good && feide_connect(&f, why) &&
	       numbers_round(&f, whole, &changed, why);
	if (changed > 0)
		log_info("numbers in Feide's tree", "changed",
		         arena_print(f.arena, "%zu", changed), NULL);
	directory_close(f.d);
	explicit_bzero(&f.key, sizeof(f.key));
	arena_close(f.arena);
	return good;
}

static void *keep_publishing(void *with)
{
	char hash[sizeof(((struct region *)0)->hash)] = "";
	int64_t whole_at = 0;
	bool told = false;

	(void)with;
	for (;; sleep(LOOK_S)) {
		struct region *r = snapshot_current();
		struct fault why = { 0 };
		bool whole = strcmp(hash, r->hash) != 0 ||
		             clock_monotonic_ms() >= whole_at;
		bool good = go_round(r, whole, &why);

		if (good && whole) {
			memcpy(hash, r->hash, sizeof(hash));
			whole_at = clock_monotonic_ms() + WHOLE_S * 1000;
		}
		if (!good && !told)
			log_warn("no numbers are published", "why", why.text,
			         NULL);
		told = !good;
		region_release(r);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };
	pthread_t thread;

	daemon_begin("portvakt-feide");
	if (argc != 3 || !text_equal(argv[1], "-c")) {
		fprintf(stderr, "usage: portvakt-feide -c region.conf\n");
		return USAGE;
	}
	daemon_signals();
	daemon_die_with_parent();
	if (!snapshot_open(argv[2], &why) ||
	    pthread_create(&thread, NULL, keep_publishing, NULL) != 0) {
		log_error("cannot start", "why", why.text, NULL);
		return CONFIGURATION;
	}
	answer_serve(daemon_socket(DAEMON_FIRST), "feide", NULL, 0,
	             MOST_QUESTIONS);
	_exit(0);
}
