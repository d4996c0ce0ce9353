/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_session.c: runs one session with the source directory after another,
 * according to its kind, with increasing pauses after failures. */
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/connector/connector.h"

enum {
	DEADLINE_MS = 20000, /* without any message, during a request */
	MIN_BACKOFF_MS = 200,
	MAX_BACKOFF_MS = 5000,
	FULL_READ_BACKOFF_S = 60, /* ... for a full read that failed */
};

bool source_session_connect(struct source_session *s, struct directory **ret_d,
                            struct error *err)
{
	const struct directory_conf *d = s->directory;
	struct connector *c = s->connector;
	struct directory_address at = { .uris = d->uris + c->skip_addresses,
		                        .tls_ca_file = d->tls_ca_file,
		                        .bind_dn = d->bind_dn,
		                        .deadline_ms = DEADLINE_MS };
	char *password = NULL;

	if (!config_read_secret(s->cfg, s->arena, d->secret, &password, err))
		return false;
	at.password = password;
	s->first_address = c->skip_addresses;
	c->skip_addresses = 0;
	if (!directory_open(&at, ret_d, err))
		return false;
	source_certificate_set_expiry(c,
	                              directory_certificate_not_after(*ret_d));
	source_identity_read(s, *ret_d);
	return true;
}

void source_session_skip_address(struct source_session *s)
{
	struct connector *c = s->connector;
	size_t count = 0;

	while (s->directory->uris[count])
		count++;
	c->skip_addresses =
	    s->first_address + 1 < count ? s->first_address + 1 : 0;
}

bool source_session_must_end(struct source_session *s, struct error *err)
{
	struct config *now = config_current();
	bool changed = strcmp(now->hash, s->cfg->hash) != 0;

	config_unref(now);
	source_certificate_warn(s->connector);
	s->restart_now = changed;
	if (changed)
		return !error_set(err, ERROR_REFUSED, "a new configuration");
	if (!atomic_exchange(&s->connector->full_sync_requested, false) &&
	    clock_monotonic_ms() < s->full_sync_at)
		return false;
	s->restart_without_cookie = true;
	s->restart_now = true;
	return !error_set(err, ERROR_REFUSED, "time for a full compare");
}

static bool (*const session_by_kind[])(struct source_session *t,
                                       struct error *err) = {
	[DIRECTORY_OPENLDAP] = syncrepl_session_run,
	[DIRECTORY_389DS] = syncrepl_session_run,
	[DIRECTORY_AD] = dirsync_session_run,
	[DIRECTORY_OTHER] = full_read_session_run,
};

/* A failed session starts over; less often where that is a full read. */
static int max_backoff_ms(const struct directory_conf *d)
{
	if (d->type != DIRECTORY_OTHER)
		return MAX_BACKOFF_MS;
	return d->poll_interval < FULL_READ_BACKOFF_S
	           ? (int)d->poll_interval * 1000
	           : FULL_READ_BACKOFF_S * 1000;
}

static void source_session_sleep_ms(int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* Returns the pause before the next session, in milliseconds. */
static int source_session_run(struct connector *c, const struct config *cfg,
                              const struct directory_conf *d,
                              bool *without_cookie, int pause)
{
	struct source_session s = { .connector = c,
		                    .cfg = cfg,
		                    .directory = d,
		                    .synthetic = national_id_synthetic_in(cfg),
		                    .batch = json_array(),
		                    .arena = arena_open(),
		                    .restart_without_cookie = *without_cookie };
	struct error err = { 0 };

	(void)!session_by_kind[d->type](&s, &err);
	provisioner_abort_run(&s, &err);
	*without_cookie =
	    s.restart_without_cookie || text_equal(err.text, "history gone");
	json_decref(s.batch);
	arena_close(s.cookies);
	arena_close(s.arena);
	if (s.restart_now) {
		log_info("following anew", "directory", d->name, "why",
		         err.text, NULL);
		return 0;
	}
	log_warn("no longer following", "directory", d->name, "why", err.text,
	         NULL);
	if (s.refreshed || pause == 0)
		return MIN_BACKOFF_MS;
	return pause * 2 < max_backoff_ms(d) ? pause * 2 : max_backoff_ms(d);
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
			pause = source_session_run(c, cfg, d, &without_cookie,
			                           pause);
		config_unref(cfg);
		source_session_sleep_ms(pause);
	} while (d);
}
