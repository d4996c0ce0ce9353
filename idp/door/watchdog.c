/* SPDX-License-Identifier: AGPL-3.0-or-later
 * watchdog.c: ends the process when a slot is stuck.  Its other slots wait for
 * the same directory, so no working login is lost. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "idp/door/door.h"
#include "lib/clock.h"
#include "lib/log.h"

enum { LOOK_MS = 100, STUCK = 75 };

static struct {
	pthread_mutex_t lock;            /* guards entered_at */
	int64_t entered[2 * DOOR_SLOTS]; /* 0: free */
} slots = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool any_stuck(void)
{
	int64_t limit = clock_monotonic_ms() - DOOR_DEADLINE_MS - DOOR_GRACE_MS;
	bool stuck = false;

	(void)pthread_mutex_lock(&slots.lock);
	for (size_t i = 0; i < LENGTH(slots.entered); i++)
		stuck |= slots.entered[i] > 0 && slots.entered[i] < limit;
	(void)pthread_mutex_unlock(&slots.lock);
	return stuck;
}

static void *look(void *with)
{
	const struct timespec pause = { 0, LOOK_MS * 1000000L };

	(void)with;
	while (!any_stuck())
		(void)nanosleep(&pause, NULL);
	log_error("stuck in the directory, ending", "directory", door.directory,
	          NULL);
	_exit(STUCK);
}

bool watchdog_start(struct fault *why)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, look, NULL) != 0)
		return fault(why, FAULT_UNAVAILABLE, "no watchdog");
	(void)pthread_detach(thread);
	return true;
}

int watchdog_enter(void)
{
	int free_slot = -1;

	(void)pthread_mutex_lock(&slots.lock);
	for (size_t i = 0; i < LENGTH(slots.entered) && free_slot < 0; i++)
		if (slots.entered[i] == 0)
			free_slot = (int)i;
	if (free_slot >= 0)
		slots.entered[free_slot] = clock_monotonic_ms();
	(void)pthread_mutex_unlock(&slots.lock);
	return free_slot;
}

void watchdog_leave(int slot)
{
	if (slot < 0)
		return;
	(void)pthread_mutex_lock(&slots.lock);
	slots.entered[slot] = 0;
	(void)pthread_mutex_unlock(&slots.lock);
}

/* Logs only when the directory's state changes, not for each login. */
static void note_health(bool well, const struct fault *why)
{
	static atomic_bool was_away;

	if (atomic_exchange(&was_away, !well) == !well)
		return;
	if (well)
		log_info("directory is back", "directory", door.directory,
		         NULL);
	else
		log_warn("directory away", "directory", door.directory, "why",
		         why->text, NULL);
}

bool door_watched(bool (*work)(void *with, struct fault *why), void *with,
                  struct fault *why)
{
	struct fault inner = { 0 };
	int slot = watchdog_enter();
	bool good = work(with, &inner);

	watchdog_leave(slot);
	/* Several entries have the login name, so the account is ambiguous. */
	if (!good && inner.kind == FAULT_INVALID) {
		log_warn("the directory cannot answer", "directory",
		         door.directory, "why", inner.text, NULL);
		return fault(why, FAULT_INVALID, "%s", inner.text);
	}
	note_health(good, &inner);
	return good || fault_for(why, FAULT_UNAVAILABLE, "directory-away",
	                         "%s: %s", door.directory, inner.text);
}
