/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_pool.c: keeps LDAP connections open: a TLS handshake costs forty
 * times as much as a bind. */
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "region/directory_ldap.h"

/* d is NULL in an empty slot; address_key identifies what it was opened for. */
struct slot {
	struct directory *d;
	char *for_whom;
	bool taken;
};

struct directory_pool {
	pthread_mutex_t lock; /* guards the slots */
	pthread_cond_t given;
	size_t most;
	struct slot slots[];
};

void directory_within(struct directory *d, int deadline_ms)
{
	d->deadline_ms = deadline_ms > 0 ? deadline_ms : 1;
}

struct directory_pool *directory_pool_open(int most)
{
	size_t count = most > 0 ? (size_t)most : 1;
	struct directory_pool *p =
	    calloc(1, sizeof(*p) + count * sizeof(p->slots[0]));
	pthread_condattr_t monotonic;

	if (!p)
		abort();
	p->most = count;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->given, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return p;
}

static void empty(struct slot *s)
{
	directory_close(s->d);
	free(s->for_whom);
	s->d = NULL;
	s->for_whom = NULL;
}

void directory_pool_close(struct directory_pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->most; i++)
		empty(&p->slots[i]);
	(void)pthread_cond_destroy(&p->given);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

/* Returns a free slot, preferably one with a connection; NULL if all are in
 * use. */
static struct slot *free_slot(struct directory_pool *p)
{
	struct slot *vacant = NULL;

	for (size_t i = 0; i < p->most; i++) {
		if (p->slots[i].taken)
			continue;
		if (p->slots[i].d)
			return &p->slots[i];
		vacant = &p->slots[i];
	}
	return vacant;
}

static struct slot *take(struct directory_pool *p, int wait_ms)
{
	int64_t until = clock_monotonic_ms() + wait_ms;
	struct timespec limit = { until / 1000, until % 1000 * 1000000L };
	struct slot *s;
	int rc = 0;

	(void)pthread_mutex_lock(&p->lock);
	for (s = free_slot(p); !s && rc == 0; s = free_slot(p))
		rc = pthread_cond_timedwait(&p->given, &p->lock, &limit);
	if (s)
		s->taken = true;
	(void)pthread_mutex_unlock(&p->lock);
	return s;
}

static void give(struct directory_pool *p, struct slot *s)
{
	(void)pthread_mutex_lock(&p->lock);
	s->taken = false;
	(void)pthread_cond_signal(&p->given);
	(void)pthread_mutex_unlock(&p->lock);
}

static int descriptor_of(struct directory *d)
{
	int fd = -1;

	(void)ldap_get_option(d->ld, LDAP_OPT_DESC, &fd);
	return fd;
}

/* On an idle connection the server sends only a notice of disconnection. */
static bool went_away_idle(struct directory *d)
{
	struct pollfd p = { .fd = descriptor_of(d), .events = POLLIN };

	return p.fd < 0 || poll(&p, 1, 0) != 0;
}

/* Returns whether the server closed the connection, rather than being slow. */
static bool is_dead(struct directory *d)
{
	int fd = descriptor_of(d);
	char byte;

	return fd < 0 || recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static char *described(const struct directory_address *at)
{
	struct arena *a = arena_open();
	struct text t = text_in(a);

	for (char **uri = at->uris; *uri; uri++)
		text_addf(&t, "%s ", *uri);
	text_addf(&t, "%s %s", at->trust ? at->trust : "",
	          at->bind_as ? at->bind_as : "");
	char *copy = strdup(t.at);
	arena_close(a);
	if (!copy)
		abort();
	return copy;
}

/* Opens or reuses the connection in s; *ret_kept: it is reused. */
static bool ready(struct slot *s, const struct directory_address *at,
                  bool *ret_kept, struct fault *why)
{
	char *wanted = described(at);

	if (s->d && (!text_equal(s->for_whom, wanted) || went_away_idle(s->d)))
		empty(s);
	*ret_kept = s->d != NULL;
	if (s->d) {
		free(wanted);
		directory_within(s->d, at->deadline_ms);
		return true;
	}
	if (!directory_open(at, &s->d, why)) {
		free(wanted);
		return false;
	}
	s->for_whom = wanted;
	return true;
}

bool directory_pool_use(struct directory_pool *p,
                        const struct directory_address *at,
                        bool (*work)(struct directory *d, void *with,
                                     struct fault *why),
                        void *with, struct fault *why)
{
	int64_t until = clock_monotonic_ms() + at->deadline_ms;
	struct slot *s = take(p, at->deadline_ms);
	struct directory_address left = *at;
	bool again = true;
	bool good = false;

	if (!s)
		return fault_for(why, FAULT_UNAVAILABLE, "busy",
		                 "no connection is free");
	while (again) {
		bool kept = false;

		again = false;
		left.deadline_ms = (int)(until - clock_monotonic_ms());
		if (left.deadline_ms <= 0)
			left.deadline_ms = 1;
		good = ready(s, &left, &kept, why);
		if (!good)
			break;
		good = work(s->d, with, why);
		if (good)
			break;
		again = kept && is_dead(s->d);
		empty(s);
	}
	give(p, s);
	return good;
}
