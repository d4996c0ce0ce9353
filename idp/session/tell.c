/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_dispatch.c: notifies all participants in parallel.  A job owns a copy
 * of its data, because the request thread waits at most one second for it. */
#include "idp/session/tell.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "lib/work.h"

enum { WAIT_MS = 1000 };

/* Shared by the waiting thread and the jobs; reference counted. */
struct board {
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	struct arena *arena;
	struct telling *rows;
	size_t under_way;
	size_t holders;
};

struct errand {
	struct arena *arena;
	struct board *board;
	size_t row;
	struct visit visit;
	struct session session;
	struct part part;
	const char *leave;
};

static struct board *board_open(size_t rows)
{
	struct board *b = calloc(1, sizeof(*b));
	pthread_condattr_t steady;

	if (!b)
		abort();
	b->arena = arena_open();
	b->rows = arena_array(b->arena, struct telling, rows + 1);
	b->holders = 1;
	(void)pthread_mutex_init(&b->lock, NULL);
	(void)pthread_condattr_init(&steady);
	(void)pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&b->changed, &steady);
	(void)pthread_condattr_destroy(&steady);
	return b;
}

/* Unlocks b and drops a reference; the last one frees it. */
static void let_go(struct board *b)
{
	bool last = --b->holders == 0;

	(void)pthread_mutex_unlock(&b->lock);
	if (!last)
		return;
	arena_close(b->arena);
	(void)pthread_cond_destroy(&b->changed);
	(void)pthread_mutex_destroy(&b->lock);
	free(b);
}

static void errand_close(struct errand *e)
{
	region_release((struct region *)(uintptr_t)e->visit.region);
	arena_close(e->arena);
}

static const struct front *front_of(const struct errand *e)
{
	const struct service *s =
	    region_service(e->visit.region, e->part.service);

	if (!s)
		return NULL;
	return front_find(&e->visit, s->oidc ? "oidc" : "saml");
}

static void run_errand(void *thing)
{
	struct errand *e = thing;
	struct board *b = e->board;
	const struct front *front = front_of(e);
	const char *address = NULL;
	enum told how = TOLD_CANNOT;

	if (front && front->tell)
		how = front->tell(&e->visit, &e->session, &e->part, e->leave,
		                  &address);
	(void)pthread_mutex_lock(&b->lock);
	b->rows[e->row].how = how;
	b->rows[e->row].address = arena_copy(b->arena, address);
	b->under_way--;
	(void)pthread_cond_signal(&b->changed);
	let_go(b);
	errand_close(e);
}

static struct person *person_copied(struct arena *a, const struct person *p)
{
	own(release_json) json_t *value = person_to_json(p);
	struct person *copy = NULL;

	if (!person_from_json(a, value, &copy, NULL))
		abort();
	return copy;
}

static struct session session_copied(struct arena *a, const struct session *s)
{
	struct session copy = *s;

	copy.secret = NULL;
	copy.sid = arena_copy(a, s->sid);
	copy.person = person_copied(a, s->person);
	copy.proved_by = arena_copy(a, s->proved_by);
	copy.method = arena_copy(a, s->method);
	copy.acr = arena_copy(a, s->acr);
	copy.agent = NULL;
	return copy;
}

static struct part part_copied(struct arena *a, const struct part *p)
{
	return (struct part){
		.issuer = arena_copy(a, p->issuer),
		.service = arena_copy(a, p->service),
		.affiliation = arena_copy(a, p->affiliation),
		.name_id = arena_copy(a, p->name_id),
		.index = arena_copy(a, p->index),
		.at = p->at,
	};
}

static struct errand *errand_open(const struct visit *v,
                                  const struct session *s, const struct part *p,
                                  const char *leave)
{
	struct arena *a = arena_open();
	struct errand *e = arena_new(a, struct errand);
	struct region *kept = (struct region *)(uintptr_t)v->region;

	region_keep(kept);
	e->arena = a;
	e->session = session_copied(a, s);
	e->part = part_copied(a, p);
	e->leave = arena_copy(a, leave);
	e->visit = (struct visit){
		.arena = a,
		.region = kept,
		.staff = v->staff,
		.issuer = region_issuer(kept, e->part.issuer),
		.language = "nb",
		.began_ms = v->began_ms,
	};
	return e;
}

static void send_out(struct board *b, struct visit *v, const struct session *s,
                     const struct part *p, size_t row, const char *leave)
{
	struct errand *e = errand_open(v, s, p, leave);

	e->board = b;
	e->row = row;
	(void)pthread_mutex_lock(&b->lock);
	b->holders++;
	b->under_way++;
	(void)pthread_mutex_unlock(&b->lock);
	if (work_add(v->staff->errands, run_errand, e))
		return;
	(void)pthread_mutex_lock(&b->lock);
	b->under_way--;
	let_go(b);
	errand_close(e);
}

static void wait_for_all(struct board *b)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += WAIT_MS / 1000;
	while (b->under_way > 0)
		if (pthread_cond_timedwait(&b->changed, &b->lock, &end) != 0)
			return;
}

struct telling *leave_tell_all(struct visit *v, const struct session *s,
                               const struct part *parts, size_t count,
                               const char *leave)
{
	struct telling *rows = arena_array(v->arena, struct telling, count + 1);
	struct board *b = board_open(count);

	for (size_t i = 0; i < count; i++)
		send_out(b, v, s, &parts[i], i, leave);
	(void)pthread_mutex_lock(&b->lock);
	wait_for_all(b);
	for (size_t i = 0; i < count; i++) {
		rows[i].part = parts[i];
		rows[i].how = b->rows[i].how;
		rows[i].address = arena_copy(v->arena, b->rows[i].address);
	}
	let_go(b);
	return rows;
}
