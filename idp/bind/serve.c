/* SPDX-License-Identifier: AGPL-3.0-or-later
 * serve.c: serves one bind per connection.  When all slots are in use the reply
 * is busy at once, because a waiting connection holds a thread of slapd. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "idp/bind/bind.h"
#include "lib/daemon.h"
#include "lib/work.h"

enum { REST_EACH_MS = 30 * 1000 };

struct bind_server {
	int listening, ending;
	const struct bind_staff *staff;
	struct work *work;
	pthread_t thread;
	atomic_int busy;
};

struct call {
	struct bind_server *server;
	int fd;
};

static enum reply reply_for(const struct bind_staff *staff, int fd)
{
	struct arena *a = arena_open();
	char *room = arena_alloc(a, SPEECH_MOST);
	size_t length = speech_hear(fd, room, SPEECH_MOST);
	struct region *r = snapshot_current();
	enum reply said = REPLY_WRONG;
	struct speech s;

	if (!r)
		said = REPLY_AWAY;
	else if (speech_read(a, room, length, &s, NULL))
		said = bind_prove(staff, r, a, &s);
	region_release(r);
	arena_close(a);
	return said;
}

static void hang_up(struct call *c)
{
	(void)close(c->fd);
	c->server->busy--;
	free(c);
}

static void answer_one(void *thing)
{
	struct call *c = thing;

	speech_end(c->fd, reply_for(c->server->staff, c->fd));
	hang_up(c);
}

/* Sends the default deny first, before anything can fail. */
static void accept_one(struct bind_server *s)
{
	int fd = accept4(s->listening, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	bool heard = speech_begin(fd);
	struct call *c = malloc(sizeof(*c));

	if (!c)
		abort();
	*c = (struct call){ s, fd };
	bool is_free = s->busy++ < BIND_SLOTS;

	if (heard && is_free && work_add(s->work, answer_one, c))
		return;
	speech_end(fd, REPLY_BUSY);
	hang_up(c);
}

static void *accept_all(void *with)
{
	struct bind_server *s = with;
	struct pollfd waits[] = {
		{ .fd = s->listening, .events = POLLIN },
		{ .fd = s->ending, .events = POLLIN },
	};

	for (;;) {
		waits[0].revents = waits[1].revents = 0;
		int heard = poll(waits, LENGTH(waits), REST_EACH_MS);

		if (heard < 0 && errno != EINTR)
			abort();
		if (heard == 0)
			daemon_rest();
		if (waits[1].revents)
			return NULL;
		if (waits[0].revents)
			accept_one(s);
	}
}

bool bind_serve(int listening, const struct bind_staff *staff,
                struct bind_server **ret, struct fault *why)
{
	struct bind_server *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->listening = listening;
	s->ending = eventfd(0, EFD_CLOEXEC);
	s->staff = staff;
	s->work = work_open(BIND_SLOTS, BIND_SLOTS);
	if (s->ending < 0 ||
	    pthread_create(&s->thread, NULL, accept_all, s) != 0) {
		work_close(s->work);
		free(s);
		return fault(why, FAULT_UNAVAILABLE, "no thread");
	}
	*ret = s;
	return true;
}

void bind_serve_end(struct bind_server *s)
{
	(void)eventfd_write(s->ending, 1);
	(void)pthread_join(s->thread, NULL);
	work_close(s->work);
	(void)close(s->ending);
	free(s);
}
