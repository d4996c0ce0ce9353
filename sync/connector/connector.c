/* SPDX-License-Identifier: AGPL-3.0-or-later
 * connector.c: runs one session with the source directory after another,
 * according to its kind, with increasing pauses after failures. */
#include "sync/connector/connector.h"

#include <time.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/connector/dirsync_session.h"
#include "sync/connector/full_read_session.h"
#include "sync/connector/national_id.h"
#include "sync/connector/provisioner_client.h"
#include "sync/connector/source_session.h"
#include "sync/connector/syncrepl_session.h"

enum {
	MIN_BACKOFF_MS = 200,
	MAX_BACKOFF_MS = 5000,
	MAX_FULL_READ_BACKOFF_S = 60,
};

static bool (*const session_by_kind[])(struct source_session *s,
                                       struct error *err) = {
	[DIRECTORY_OPENLDAP] = syncrepl_session_run,
	[DIRECTORY_389DS] = syncrepl_session_run,
	[DIRECTORY_AD] = dirsync_session_run,
	[DIRECTORY_OTHER] = full_read_session_run,
};

/* A failed session is repeated from the start; if that is a full read, after a
 * longer pause. */
static int connector_max_backoff_ms(const struct directory_conf *d)
{
	if (d->type != DIRECTORY_OTHER)
		return MAX_BACKOFF_MS;
	return d->poll_interval < MAX_FULL_READ_BACKOFF_S
	           ? (int)d->poll_interval * 1000
	           : MAX_FULL_READ_BACKOFF_S * 1000;
}

static void connector_sleep_ms(int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* Runs one session.  pause: the one before it, in milliseconds; returns the
 * pause before the next session. */
static int connector_run_session(struct connector *c, const struct config *cfg,
                                 const struct directory_conf *d,
                                 bool *without_cookie, int pause)
{
	struct source_session s = { .connector = c,
		                    .cfg = cfg,
		                    .directory = d,
		                    .synthetic =
		                        national_id_accepts_synthetic(cfg),
		                    .arena = arena_open(),
		                    .restart_without_cookie = *without_cookie };
	struct error err = { 0 };

	log_request_new();
	(void)!session_by_kind[d->type](&s, &err);
	provisioner_abort_run(&s, &err);
	*without_cookie = s.restart_without_cookie;
	provisioner_drop_batch(&s);
	arena_close(s.cookie_arena);
	arena_close(s.arena);
	if (s.restart_now) {
		log_event(LOG_SYNC_SOURCE_RESTART, "directory", d->name,
		          "error", err.text, NULL);
		return 0;
	}
	log_event(LOG_SYNC_SOURCE_UNAVAILABLE, "directory", d->name, "error",
	          err.text, NULL);
	if (s.refreshed || pause == 0)
		return MIN_BACKOFF_MS;
	return pause * 2 < connector_max_backoff_ms(d)
	           ? pause * 2
	           : connector_max_backoff_ms(d);
}

void connector_run(struct connector *c)
{
	const struct directory_conf *d;
	bool without_cookie = false;
	int pause = 0;

	do {
		struct config *cfg = config_current();

		d = config_directory(cfg, c->name);
		if (d)
			pause = connector_run_session(c, cfg, d,
			                              &without_cookie, pause);
		config_unref(cfg);
		connector_sleep_ms(pause);
	} while (d);
}
