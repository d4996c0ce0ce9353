/* SPDX-License-Identifier: AGPL-3.0-or-later
 * watchdog.c: ends the process when a slot is stuck.  Its other slots wait for
 * the same directory, so no working login is lost. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "idp/ldap_auth/ldap_auth.h"
#include "lib/clock.h"
#include "lib/log.h"

enum { WATCHDOG_POLL_MS = 100, EXIT_STUCK = 75 };

static struct {
	pthread_mutex_t lock;                 /* guards the fields below */
	int64_t entered[2 * LDAP_AUTH_SLOTS]; /* 0: free */
	char request[2 * LDAP_AUTH_SLOTS][LOG_REQUEST_DIGITS + 1];
} watchdog_slots = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void watchdog_remember_request(int slot)
{
	const char *id = log_request_get();

	(void)snprintf(watchdog_slots.request[slot], LOG_REQUEST_DIGITS + 1,
	               "%s", id ? id : "");
}

/* Takes over the request id of a stuck slot, for the log. */
static bool watchdog_any_stuck(void)
{
	int64_t limit =
	    clock_monotonic_ms() - LDAP_AUTH_DEADLINE_MS - LDAP_AUTH_GRACE_MS;
	bool stuck = false;

	(void)pthread_mutex_lock(&watchdog_slots.lock);
	for (size_t i = 0; i < LENGTH(watchdog_slots.entered); i++) {
		if (watchdog_slots.entered[i] == 0 ||
		    watchdog_slots.entered[i] >= limit)
			continue;
		stuck = true;
		log_request_set(watchdog_slots.request[i]);
	}
	(void)pthread_mutex_unlock(&watchdog_slots.lock);
	return stuck;
}

static void *watchdog_thread(void *data)
{
	const struct timespec pause = { 0, WATCHDOG_POLL_MS * 1000000L };

	(void)data;
	while (!watchdog_any_stuck())
		(void)nanosleep(&pause, NULL);
	log_event(LOG_LDAP_DEADLINE_EXCEEDED, "directory", ldap_auth.directory,
	          NULL);
	_exit(EXIT_STUCK);
}

bool watchdog_start(struct error *err)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, watchdog_thread, NULL) != 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot start the watchdog thread");
	(void)pthread_detach(thread);
	return true;
}

static int watchdog_enter(void)
{
	int free_slot = -1;

	(void)pthread_mutex_lock(&watchdog_slots.lock);
	for (size_t i = 0; i < LENGTH(watchdog_slots.entered) && free_slot < 0;
	     i++)
		if (watchdog_slots.entered[i] == 0)
			free_slot = (int)i;
	if (free_slot >= 0) {
		watchdog_slots.entered[free_slot] = clock_monotonic_ms();
		watchdog_remember_request(free_slot);
	}
	(void)pthread_mutex_unlock(&watchdog_slots.lock);
	return free_slot;
}

static void watchdog_leave(int slot)
{
	if (slot < 0)
		return;
	(void)pthread_mutex_lock(&watchdog_slots.lock);
	watchdog_slots.entered[slot] = 0;
	(void)pthread_mutex_unlock(&watchdog_slots.lock);
}

/* Logs only when the directory's state changes, not for each login. */
static void log_directory_health(bool is_up, const struct error *err)
{
	static atomic_bool was_down;

	if (atomic_exchange(&was_down, !is_up) == !is_up)
		return;
	if (is_up)
		log_event(LOG_LDAP_AVAILABLE, "directory", ldap_auth.directory,
		          NULL);
	else
		log_event(LOG_LDAP_UNAVAILABLE, "directory",
		          ldap_auth.directory, "error", err->text, NULL);
}

bool with_watchdog(bool (*work)(void *data, struct error *err), void *data,
                   struct error *err)
{
	struct error inner = { 0 };
	int slot = watchdog_enter();
	bool good = work(data, &inner);

	watchdog_leave(slot);
	/* Several entries have the login name, so the account is ambiguous. */
	if (!good && inner.kind == ERROR_INVALID) {
		log_event(LOG_LDAP_LOGIN_AMBIGUOUS, "directory",
		          ldap_auth.directory, "error", inner.text, NULL);
		return error_set(err, ERROR_INVALID, "%s", inner.text);
	}
	log_directory_health(good, &inner);
	return good ||
	       error_set_reason(err, ERROR_UNAVAILABLE, "ldap-unavailable",
	                        "%s: %s", ldap_auth.directory, inner.text);
}
