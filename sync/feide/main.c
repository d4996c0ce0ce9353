/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-feide publishes national identity numbers in Feide's tree
 * where a school owner's agreement allows it.  It connects to the catalogue
 * only.  A round that fails is logged once and retried. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/credential.h"
#include "lib/strbuf.h"
#include "region/ipc/daemon_main.h"
#include "sync/feide/feide.h"

enum {
	POLL_S = 5,                /* for people without a number */
	FULL_INTERVAL_S = 60 * 60, /* for changed numbers and agreements */
	MAX_REQUESTS = 2,
};

/* Each round has a connection of its own; no number outlives it. */
static bool feide_run_round(const struct config *cfg, bool full,
                            struct error *err)
{
	struct publisher f = { .arena = arena_open(), .cfg = cfg };
	unsigned char seal[CREDENTIAL_KEY_SIZE];
	size_t changed = 0;
	bool good = credential_read_key(f.arena, cfg->credentials_directory,
	                                "seal", seal, err);

	if (good)
		f.key = aead_key_from_bytes(seal);
	explicit_bzero(seal, sizeof(seal));
	good = good && feide_connect(&f, err) &&
	       national_id_publish_round(&f, full, &changed, err);
	if (changed > 0)
		log_event(LOG_FEIDE_NATIONAL_IDS_PUBLISHED, "changed",
		          arena_printf(f.arena, "%zu", changed), NULL);
	directory_close(f.d);
	explicit_bzero(&f.key, sizeof(f.key));
	arena_close(f.arena);
	return good;
}

static void *feide_publish_thread(void *data)
{
	char hash[sizeof(((struct config *)0)->hash)] = "";
	int64_t full_at = 0;
	bool logged = false;

	(void)data;
	for (;; sleep(POLL_S)) {
		struct config *cfg = config_current();
		struct error err = { 0 };
		bool full = strcmp(hash, cfg->hash) != 0 ||
		            clock_monotonic_ms() >= full_at;

		log_request_new();
		bool good = feide_run_round(cfg, full, &err);

		if (good && full) {
			memcpy(hash, cfg->hash, sizeof(hash));
			full_at = clock_monotonic_ms() + FULL_INTERVAL_S * 1000;
		}
		if (!good && !logged)
			log_event(LOG_FEIDE_NATIONAL_IDS_UNAVAILABLE, "error",
			          err.text, NULL);
		logged = !good;
		config_unref(cfg);
	}
	return NULL;
}

static bool feide_init(struct daemon *d, const struct config *cfg,
                       struct error *err)
{
	pthread_t thread;

	(void)d, (void)cfg;
	return pthread_create(&thread, NULL, feide_publish_thread, NULL) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot start a thread");
}

/* The thread has no state to save. */
static void feide_stop(struct daemon *d)
{
	(void)d;
	_exit(0);
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-feide",
		.memory_mib = 1024,
		.needs = CONFINE_NETWORK,
		.init = feide_init,
		.role = "feide",
		.connections = MAX_REQUESTS,
		.stop = feide_stop,
	};

	return daemon_main(&program, argc, argv);
}
