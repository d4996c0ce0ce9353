/* SPDX-License-Identifier: AGPL-3.0-or-later
 * engine_in_memory.h: the provisioner with a catalogue in memory and with
 * simulated time, randomness and log. */
#ifndef TESTS_UNIT_SYNC_ENGINE_ENGINE_IN_MEMORY_H
#define TESTS_UNIT_SYNC_ENGINE_ENGINE_IN_MEMORY_H

#include "tests/unit/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "lib/log.h"
#include "lib/random.h"
#include "sync/engine/catalogue/change_log.h"
#include "sync/engine/source/staging.h"
#include "tests/unit/sync/engine/catalogue_in_memory.h"

/* Defined by the test. */
static struct config region;

/* For tests of everything but the limits of a day and a kind. */
static const struct directory_limits generous_limits = {
	1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 101, 101,
};

/* ---- simulated time, randomness and log */

static int64_t time_ms;

int clock_gettime(clockid_t clock, struct timespec *to)
{
	(void)clock;
	to->tv_sec = time_ms / 1000;
	to->tv_nsec = time_ms % 1000 * 1000000;
	return 0;
}

time_t time(time_t *to)
{
	if (to)
		*to = time_ms / 1000;
	return time_ms / 1000;
}

static uint64_t random_state;

static unsigned dice(unsigned sides)
{
	random_state =
	    random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % sides;
}

void random_bytes(void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((unsigned char *)bytes)[i] = (unsigned char)dice(256);
}

char *random_secret(struct arena *a)
{
	return arena_printf(a, "%08x%08x", dice(1u << 30), dice(1u << 30));
}

char *random_uuid(struct arena *a)
{
	return arena_printf(a, "%08x-%04x-4%03x-8%03x-%06x%06x", dice(1u << 31),
	                    dice(1 << 16), dice(1 << 12), dice(1 << 12),
	                    dice(1 << 24), dice(1 << 24));
}

void log_open(const char *program)
{
	(void)program;
}

void log_event(enum log_event_id event, ...)
{
	static const char *const names[] = {
#define LOG_EVENT(id, name, priority, text) name,
#include "lib/log_events.def"
#undef LOG_EVENT
	};
	va_list fields;
	const char *field;

	if (!getenv("HISTORY_SAYS"))
		return;
	fprintf(stderr, "%s", names[event]);
	va_start(fields, event);
	while ((field = va_arg(fields, const char *)) != NULL)
		fprintf(stderr, " %s", field);
	va_end(fields);
	fprintf(stderr, "\n");
}

void log_request_new(void)
{
}

void log_request_set(const char *id)
{
	(void)id;
}

void log_request_clear(void)
{
}

const char *log_request_get(void)
{
	return NULL;
}

/* The change log would be too large. */
void change_log_append(const struct logged_change *c, const char *names)
{
	(void)c, (void)names;
}

const char *change_log_path(void)
{
	return "/dev/null";
}

char *change_log_day_path(struct arena *a, const char *path, int64_t when)
{
	(void)when;
	return arena_strdup(a, path);
}

bool change_log_purge(const json_t *ids, struct error *err)
{
	(void)ids, (void)err;
	return true;
}

/* ---- connectors' requests */

static const struct ipc_handlers staging_handlers = {
	.sync_open = staging_open,
	.sync_begin = staging_begin,
	.sync_entries = staging_add_entries,
	.sync_present = staging_add_present,
	.sync_deleted = staging_add_deleted,
	.sync_commit = staging_commit,
	.sync_abort = staging_abort,
};

static json_t *send_request(struct arena *a, enum ipc_message_type how,
                            json_t *body)
{
	const struct ipc_request q = { .arena = a, .cfg = &region };
	json_t *answer = NULL;
	struct error err = { 0 };

	if (!ipc_message_serve(&staging_handlers, &q, how, js_own(a, body),
	                       &answer, &err))
		fail_msg("the provisioner reports: %s", err.text);
	return answer;
}

#endif
