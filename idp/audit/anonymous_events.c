/* SPDX-License-Identifier: AGPL-3.0-or-later
 * anonymous_events.c: counts refusals without a person. */
#include "idp/audit/anonymous_events.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/compiler.h"
#include "lib/strbuf.h"

enum { MINUTE_MS = 60 * 1000, NAME_SIZE = 64, MAX_COUNTS = 128 };

enum event_class { CLASS_ANONYMOUS, CLASS_FAILED_LOGIN, CLASS_COUNT };

static const int per_minute[CLASS_COUNT] = {
	[CLASS_ANONYMOUS] = ANONYMOUS_PER_MINUTE,
	[CLASS_FAILED_LOGIN] = FAILED_LOGINS_PER_MINUTE,
};

/* The lock protects all of it. */
static struct {
	pthread_mutex_t lock;
	int64_t since_ms;
	int written[CLASS_COUNT];
	size_t count;
	struct {
		char municipality[NAME_SIZE], reason[NAME_SIZE];
		long long events;
	} counts[MAX_COUNTS];
} minute = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool event_has_person(const json_t *event)
{
	return js_string(event, "person") || js_string(event, "affiliation");
}

static enum event_class event_classify(const json_t *event)
{
	const char *reason = js_string(event, "reason");

	if (!js_string(event, "service") ||
	    (reason && text_starts(reason, "too-many-")))
		return CLASS_ANONYMOUS;
	return CLASS_FAILED_LOGIN;
}

/* The last row has what does not fit. */
static void count_event(const char *municipality, const char *reason)
{
	size_t i = 0;

	while (i < minute.count &&
	       (strcmp(minute.counts[i].municipality, municipality) != 0 ||
	        strcmp(minute.counts[i].reason, reason) != 0))
		i++;
	if (i == MAX_COUNTS)
		i--;
	if (i == minute.count) {
		minute.count++;
		(void)snprintf(minute.counts[i].municipality, NAME_SIZE, "%s",
		               municipality);
		(void)snprintf(minute.counts[i].reason, NAME_SIZE, "%s",
		               reason);
		minute.counts[i].events = 0;
	}
	minute.counts[i].events++;
}

bool anonymous_event_is_written(const char *municipality, const json_t *event)
{
	const char *reason = js_string(event, "reason");

	if (!text_equal(js_string(event, "what"), "refused") ||
	    event_has_person(event))
		return true;
	enum event_class class = event_classify(event);

	(void)pthread_mutex_lock(&minute.lock);
	bool written = minute.written[class] < per_minute[class];

	if (written)
		minute.written[class]++;
	else
		count_event(municipality, reason ? reason : "not-allowed");
	(void)pthread_mutex_unlock(&minute.lock);
	return written;
}

/* Moves the counts to events.  Returns their number. */
static size_t take_counts(struct arena *a, bool at_once,
                          char *municipalities[MAX_COUNTS],
                          json_t *events[MAX_COUNTS])
{
	int64_t now = clock_monotonic_ms();
	size_t count = 0;

	(void)pthread_mutex_lock(&minute.lock);
	if (at_once || now - minute.since_ms >= MINUTE_MS) {
		count = minute.count;
		for (size_t i = 0; i < count; i++) {
			municipalities[i] =
			    arena_strdup(a, minute.counts[i].municipality);
			events[i] = js_own(
			    a, json_pack("{s:s, s:s, s:I}", "what", "refused",
			                 "reason", minute.counts[i].reason,
			                 "count",
			                 (json_int_t)minute.counts[i].events));
		}
		minute.count = 0;
		memset(minute.written, 0, sizeof(minute.written));
		minute.since_ms = now;
	}
	(void)pthread_mutex_unlock(&minute.lock);
	return count;
}

void anonymous_events_write(bool at_once,
                            void (*append)(const char *municipality,
                                           const json_t *event))
{
	struct arena *a = arena_open();
	char *municipalities[MAX_COUNTS];
	json_t *events[MAX_COUNTS];
	size_t count = take_counts(a, at_once, municipalities, events);

	for (size_t i = 0; i < count; i++)
		append(municipalities[i], events[i]);
	arena_close(a);
}
