/* SPDX-License-Identifier: AGPL-3.0-or-later
 * service_pause.c: a small table; when it is full, further services are not
 * paused, which costs time only. */
#include "idp/logout/service_pause.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAUSE_MS = 10 * 1000, PAUSED_MAX = 64, NAME_MAX_BYTES = 64 };

struct service_pause {
	pthread_mutex_t lock;
	struct {
		char service[NAME_MAX_BYTES]; /* "": a free row */
		int64_t until_ms;
	} rows[PAUSED_MAX];
};

struct service_pause *service_pause_open(void)
{
	struct service_pause *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	(void)pthread_mutex_init(&t->lock, NULL);
	return t;
}

void service_pause_close(struct service_pause *t)
{
	if (!t)
		return;
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

/* Returns the row of the service, or PAUSED_MAX.  Requires the lock. */
static size_t service_pause_find(const struct service_pause *t,
                                 const char *service)
{
	size_t i = 0;

	while (i < PAUSED_MAX && strcmp(t->rows[i].service, service) != 0)
		i++;
	return i;
}

/* Requires the lock. */
static size_t service_pause_find_free(const struct service_pause *t,
                                      int64_t now_ms)
{
	size_t i = 0;

	while (i < PAUSED_MAX && *t->rows[i].service &&
	       t->rows[i].until_ms > now_ms)
		i++;
	return i;
}

void service_pause_set(struct service_pause *t, const char *service,
                       bool failed, int64_t now_ms)
{
	(void)pthread_mutex_lock(&t->lock);
	size_t i = service_pause_find(t, service);

	if (i == PAUSED_MAX && failed && strlen(service) < NAME_MAX_BYTES)
		i = service_pause_find_free(t, now_ms);
	if (i < PAUSED_MAX) {
		(void)snprintf(t->rows[i].service, NAME_MAX_BYTES, "%s",
		               failed ? service : "");
		t->rows[i].until_ms = now_ms + PAUSE_MS;
	}
	(void)pthread_mutex_unlock(&t->lock);
}

bool service_is_paused(struct service_pause *t, const char *service,
                       int64_t now_ms)
{
	(void)pthread_mutex_lock(&t->lock);
	size_t i = service_pause_find(t, service);
	bool paused = i < PAUSED_MAX && t->rows[i].until_ms > now_ms;

	(void)pthread_mutex_unlock(&t->lock);
	return paused;
}
