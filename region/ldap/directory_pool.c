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
#include "lib/strbuf.h"
#include "lib/thread/timed_wait.h"
#include "region/ldap/directory_private.h"

/* d is NULL in an empty slot; address_key identifies what it was opened for. */
struct directory_pool_slot {
	struct directory *d;
	char *address_key;
	bool in_use;
};

struct directory_pool {
	pthread_mutex_t lock; /* guards the slots */
	pthread_cond_t released;
	size_t slot_count;
	struct directory_pool_slot slots[];
};

void directory_set_deadline(struct directory *d, int deadline_ms)
{
	d->deadline_ms = deadline_ms > 0 ? deadline_ms : 1;
}

struct directory_pool *directory_pool_open(int max_connections)
{
	size_t count = max_connections > 0 ? (size_t)max_connections : 1;
	struct directory_pool *p =
	    calloc(1, sizeof(*p) + count * sizeof(p->slots[0]));

	if (!p)
		abort();
	p->slot_count = count;
	(void)pthread_mutex_init(&p->lock, NULL);
	timed_wait_init(&p->released);
	return p;
}

static void directory_pool_close_slot(struct directory_pool_slot *s)
{
	directory_close(s->d);
	free(s->address_key);
	s->d = NULL;
	s->address_key = NULL;
}

void directory_pool_close(struct directory_pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->slot_count; i++)
		directory_pool_close_slot(&p->slots[i]);
	(void)pthread_cond_destroy(&p->released);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

/* Returns a free slot, preferably one with a connection; NULL if all are in
 * use. */
static struct directory_pool_slot *directory_pool_find_slot(
    struct directory_pool *p)
{
	struct directory_pool_slot *vacant = NULL;

	for (size_t i = 0; i < p->slot_count; i++) {
		if (p->slots[i].in_use)
			continue;
		if (p->slots[i].d)
			return &p->slots[i];
		vacant = &p->slots[i];
	}
	return vacant;
}

static struct directory_pool_slot *directory_pool_acquire(
    struct directory_pool *p, int wait_ms)
{
	struct timespec limit = timed_wait_end(wait_ms);
	struct directory_pool_slot *s;
	int rc = 0;

	(void)pthread_mutex_lock(&p->lock);
	for (s = directory_pool_find_slot(p); !s && rc == 0;
	     s = directory_pool_find_slot(p))
		rc = pthread_cond_timedwait(&p->released, &p->lock, &limit);
	if (s)
		s->in_use = true;
	(void)pthread_mutex_unlock(&p->lock);
	return s;
}

static void directory_pool_release(struct directory_pool *p,
                                   struct directory_pool_slot *s)
{
	(void)pthread_mutex_lock(&p->lock);
	s->in_use = false;
	(void)pthread_cond_signal(&p->released);
	(void)pthread_mutex_unlock(&p->lock);
}

static int directory_socket_fd(struct directory *d)
{
	int fd = -1;

	(void)ldap_get_option(d->ld, LDAP_OPT_DESC, &fd);
	return fd;
}

/* On an idle connection the server sends only a notice of disconnection. */
static bool idle_connection_is_closed(struct directory *d)
{
	struct pollfd p = { .fd = directory_socket_fd(d), .events = POLLIN };

	return p.fd < 0 || poll(&p, 1, 0) != 0;
}

/* Returns whether the server closed the connection, rather than being slow. */
static bool connection_is_closed(struct directory *d)
{
	int fd = directory_socket_fd(d);
	char byte;

	return fd < 0 || recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static char *directory_address_key(const struct directory_address *at)
{
	struct arena *a = arena_open();
	struct strbuf t = strbuf_init(a);

	for (char **uri = at->uris; *uri; uri++)
		strbuf_appendf(&t, "%s ", *uri);
	strbuf_appendf(&t, "%s %s", at->tls_ca_file ? at->tls_ca_file : "",
	               at->bind_dn ? at->bind_dn : "");
	char *copy = strdup(t.data);
	arena_close(a);
	if (!copy)
		abort();
	return copy;
}

/* Opens or reuses the connection in s; *ret_kept: it is reused. */
static bool directory_pool_connect(struct directory_pool_slot *s,
                                   const struct directory_address *at,
                                   bool *ret_reused, struct error *err)
{
	char *key = directory_address_key(at);

	if (s->d && (!text_equal(s->address_key, key) ||
	             idle_connection_is_closed(s->d)))
		directory_pool_close_slot(s);
	*ret_reused = s->d != NULL;
	if (s->d) {
		free(key);
		directory_set_deadline(s->d, at->deadline_ms);
		return true;
	}
	if (!directory_open(at, &s->d, err)) {
		free(key);
		return false;
	}
	s->address_key = key;
	return true;
}

bool directory_pool_use(struct directory_pool *p,
                        const struct directory_address *at,
                        bool (*work)(struct directory *d, void *data,
                                     struct error *err),
                        void *data, struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + at->deadline_ms;
	struct directory_pool_slot *s =
	    directory_pool_acquire(p, at->deadline_ms);
	struct directory_address remaining = *at;
	bool retry = true;
	bool good = false;

	if (!s)
		return error_set_reason(err, ERROR_UNAVAILABLE, "overloaded",
		                        "all connections are in use");
	while (retry) {
		bool reused = false;

		retry = false;
		remaining.deadline_ms = (int)(deadline - clock_monotonic_ms());
		if (remaining.deadline_ms <= 0)
			remaining.deadline_ms = 1;
		good = directory_pool_connect(s, &remaining, &reused, err);
		if (!good)
			break;
		good = work(s->d, data, err);
		if (good)
			break;
		retry = reused && connection_is_closed(s->d);
		directory_pool_close_slot(s);
	}
	directory_pool_release(p, s);
	return good;
}
