/* SPDX-License-Identifier: AGPL-3.0-or-later
 * response_mark.c: delays the response to a wrong password. */
#include "idp/login/response_mark.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/thread/timed_wait.h"

static atomic_int waiting;
static atomic_bool reported;

int64_t response_mark_after(int64_t started_ms, int64_t now_ms)
{
	int64_t marks = (now_ms - started_ms) / RESPONSE_MARK_MS + 1;

	return started_ms + marks * RESPONSE_MARK_MS;
}

static void response_mark_sleep(int64_t until_ms)
{
	const struct timespec until = timed_wait_at(until_ms);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
	       EINTR)
		continue;
}

void response_mark_wait(int64_t started_ms)
{
	if (atomic_fetch_add(&waiting, 1) < RESPONSE_MARK_WAITING_MAX)
		response_mark_sleep(
		    response_mark_after(started_ms, clock_monotonic_ms()));
	else if (!atomic_exchange(&reported, true))
		log_event(LOG_LOGIN_RESPONSE_NOT_DELAYED, NULL);
	if (atomic_fetch_sub(&waiting, 1) == 1)
		atomic_store(&reported, false);
}
