/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_snapshot.c: the configurations of this process: the active one, the
 * previous one, and a prepared one that waits for activation. */
#include <pthread.h>
#include <string.h>

#include "lib/own.h"
#include "region/region.h"

enum { SHORT_HASH = 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects the
                                                            pointers below */
static struct region *before, *active, *waiting;

OWNER(close_arena, struct arena *, arena_close)

/* On error reports the first of the configuration's errors and their number;
 * `portvaktctl check` lists them all. */
static bool read_new(const char *file, struct region **ret_region,
                     struct fault *why)
{
	own(close_arena) struct arena *a = arena_open();
	struct conf_complaints wrong;
	struct region *r = region_read(a, file, &wrong);

	if (!r)
		return fault(why, FAULT_INVALID, "%s (%zu in all)",
		             conf_complaint_text(a, &wrong.at[0]), wrong.count);
	*ret_region = r;
	return true;
}

bool snapshot_open(const char *file, struct fault *why)
{
	struct region *r;

	if (!read_new(file, &r, why))
		return false;
	(void)pthread_mutex_lock(&lock);
	region_release(before);
	before = active;
	active = r;
	(void)pthread_mutex_unlock(&lock);
	return true;
}

bool snapshot_prepare(const char *file, struct fault *why)
{
	struct region *r;

	if (!read_new(file, &r, why))
		return false;
	(void)pthread_mutex_lock(&lock);
	region_release(waiting);
	waiting = r;
	(void)pthread_mutex_unlock(&lock);
	return true;
}

/* Requires the lock.  A repeated request succeeds: the supervisor may have died
 * before it received the first response. */
static bool activate(const char *hash)
{
	if (active && strcmp(active->hash, hash) == 0)
		return true;
	if (!waiting || strcmp(waiting->hash, hash) != 0)
		return false;
	region_release(before);
	before = active;
	active = waiting;
	waiting = NULL;
	return true;
}

bool snapshot_activate(const char *hash, struct fault *why)
{
	(void)pthread_mutex_lock(&lock);
	bool done = activate(hash);
	(void)pthread_mutex_unlock(&lock);
	return done ||
	       fault(why, FAULT_INVALID,
	             "no configuration with hash %.16s was prepared", hash);
}

struct region *snapshot_current(void)
{
	(void)pthread_mutex_lock(&lock);
	struct region *r = active;

	if (r)
		region_keep(r);
	(void)pthread_mutex_unlock(&lock);
	return r;
}

/* Requires the lock. */
static struct region *with_hash(const char *short_hash)
{
	struct region *const known[] = { active, before, waiting };

	if (strnlen(short_hash, SHORT_HASH) != SHORT_HASH)
		return NULL;
	for (size_t i = 0; i < LENGTH(known); i++)
		if (known[i] &&
		    strncmp(known[i]->hash, short_hash, SHORT_HASH) == 0)
			return known[i];
	return NULL;
}

struct region *snapshot_with(const char *short_hash)
{
	(void)pthread_mutex_lock(&lock);
	struct region *r = short_hash ? with_hash(short_hash) : NULL;

	if (r)
		region_keep(r);
	(void)pthread_mutex_unlock(&lock);
	return r;
}
