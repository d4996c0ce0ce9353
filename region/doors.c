/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_auth_client.c: calls the ldap-auth processes.  Each directory has its
 * own slots, so that one that hangs does not delay the users of another. */
#include "region/doors.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/text.h"

/* Users of a silent directory get their error page within 3 s. */
enum { SLOTS = 8, DEADLINE_MS = 2800 };

struct door {
	struct door *next;
	char *path;
	struct ask *ask;
};

struct doors {
	pthread_mutex_t lock; /* guards first; endpoints are never freed before
	                         this */
	struct arena *arena;
	struct door *first;
};

struct doors *doors_open(void)
{
	struct doors *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->arena = arena_open();
	(void)pthread_mutex_init(&d->lock, NULL);
	return d;
}

void doors_close(struct doors *d)
{
	if (!d)
		return;
	for (struct door *one = d->first; one; one = one->next)
		ask_close(one->ask);
	arena_close(d->arena);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

static struct door *find_door(struct doors *d, const char *path)
{
	struct door *one = d->first;

	while (one && !text_equal(one->path, path))
		one = one->next;
	if (one)
		return one;
	one = arena_new(d->arena, struct door);
	one->path = arena_copy(d->arena, path);
	one->ask = ask_open(one->path, SLOTS, DEADLINE_MS);
	one->next = d->first;
	d->first = one;
	return one;
}

bool doors_ask(struct doors *d, struct arena *a, const struct region *r,
               const char *directory, enum kind_of_question kind,
               json_t *question, json_t **ret_answer, struct fault *why)
{
	const char *path = arena_print(a, "%s/door@%s.sock", r->run, directory);

	(void)pthread_mutex_lock(&d->lock);
	struct door *door = find_door(d, path);

	(void)pthread_mutex_unlock(&d->lock);
	return ask(door->ask, a, kind, r->hash, question, ret_answer, why);
}
