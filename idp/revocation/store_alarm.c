/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_alarm.c: logs that the memory of Redis runs out, long before it refuses
 * new logins. */
#include <stdio.h>

#include "idp/revocation/revocation.h"
#include "lib/clock.h"
#include "lib/log.h"

enum { CHECK_INTERVAL_MS = 5000, ALARM_PERCENT = 70, CALM_PERCENT = 65 };

static struct {
	int64_t checked_ms;
	bool is_alarmed, has_failed;
} alarm_state;

static void store_alarm_set(bool alarmed, int percent)
{
	char text[16];

	alarm_state.is_alarmed = alarmed;
	(void)snprintf(text, sizeof(text), "%d", percent);
	log_event(alarmed ? LOG_STORE_FILLING : LOG_STORE_RELIEVED, "percent",
	          text, NULL);
}

void store_alarm_check(struct store *store, const struct config *cfg)
{
	const int64_t now = clock_monotonic_ms();
	struct store_memory memory;
	struct error err = { 0 };

	if (alarm_state.checked_ms &&
	    now - alarm_state.checked_ms < CHECK_INTERVAL_MS)
		return;
	alarm_state.checked_ms = now;
	bool good = store_memory_read(store, cfg, &memory, &err);

	if (!good && !alarm_state.has_failed)
		log_event(LOG_STORE_MEMORY_UNKNOWN, "error", err.text, NULL);
	alarm_state.has_failed = !good;
	if (!good)
		return;
	int percent = store_memory_percent(&memory);

	if (!alarm_state.is_alarmed && percent >= ALARM_PERCENT)
		store_alarm_set(true, percent);
	else if (alarm_state.is_alarmed && percent < CALM_PERCENT)
		store_alarm_set(false, percent);
}
