/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise_loop.c: the event loop over one poll(): starts what is due, kills
 * what exceeds its stop_timeout, waits for the next event. */
#include "lib/supervise_parts.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/own.h"

enum { TICK = 1000 };

OWNER(close_arena, struct arena *, arena_close)

static bool may_start(const struct role *r, int64_t now)
{
	return r->now.pid == 0 && !r->ending && r->not_before <= now;
}

/* The process fails repeatedly and clients must not wait for it. */
static bool turns_away(const struct role *r, int64_t now)
{
	return r->is.socket.farewell && !r->ending && r->not_before > now &&
	       !supervise_has_child(r);
}

static void start_due(struct supervise *s)
{
	int64_t now = clock_monotonic_ms();

	for (size_t i = 0; i < s->roles.count; i++) {
		struct role *r = s->roles.at[i];

		if (r->is.start == SUPERVISE_AT_ONCE && may_start(r, now))
			(void)supervise_start(s, r);
	}
}

static void kill_overdue(struct supervise *s, struct role *r, int64_t now)
{
	for (size_t i = 0; i < SUPERVISE_LEAVING; i++) {
		struct child *c = &r->leaving[i];

		if (c->pid == 0 || c->kill_at > now)
			continue;
		supervise_send(c, SIGKILL);
		c->kill_at = now + SUPERVISE_PATIENCE;
		supervise_say(s, r, "killed", "it did not end in time");
	}
}

/* Stops processes with a stop_timeout first, the others after they exited. */
static void end_due(struct supervise *s)
{
	bool waiting = false;

	if (!s->over)
		return;
	for (size_t i = 0; i < s->roles.count; i++) {
		struct role *r = s->roles.at[i];

		if (r->is.patience > 0) {
			supervise_end_role(r);
			waiting = waiting || supervise_has_child(r);
		}
	}
	for (size_t i = 0; !waiting && i < s->roles.count; i++)
		supervise_end_role(s->roles.at[i]);
}

/* Frees processes removed from the configuration, once none of their children
 * drains. */
static void forget_gone(struct supervise *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->roles.count; i++) {
		struct role *r = s->roles.at[i];

		if (r->gone && !supervise_has_child(r))
			arena_close(r->arena);
		else
			s->roles.at[kept++] = r;
	}
	s->roles.count = kept;
}

static bool is_all_over(const struct supervise *s)
{
	if (!s->over)
		return false;
	for (size_t i = 0; i < s->roles.count; i++)
		if (supervise_has_child(s->roles.at[i]))
			return false;
	return true;
}

/* ---- waiting */

/* Owner of a poll descriptor; child NULL: the process's listener. */
struct watch {
	struct role *role;
	struct child *child;
};

typedef LIST(struct pollfd) poll_list;
typedef LIST(struct watch) watch_list;

static void watch(struct arena *a, poll_list *fds, watch_list *watches, int fd,
                  struct watch what)
{
	*list_add(a, fds) = (struct pollfd){ .fd = fd, .events = POLLIN };
	*list_add(a, watches) = what;
}

static void watch_role(struct arena *a, poll_list *fds, watch_list *watches,
                       struct role *r, int64_t now)
{
	if (r->now.pid > 0)
		watch(a, fds, watches, r->now.pidfd,
		      (struct watch){ r, &r->now });
	for (size_t i = 0; i < SUPERVISE_LEAVING; i++)
		if (r->leaving[i].pid > 0)
			watch(a, fds, watches, r->leaving[i].pidfd,
			      (struct watch){ r, &r->leaving[i] });
	if (turns_away(r, now) ||
	    (r->is.start == SUPERVISE_FIRST_USE && may_start(r, now)))
		watch(a, fds, watches, r->listener, (struct watch){ r, NULL });
}

static void sooner(int64_t *at, int64_t other)
{
	if (other > 0 && (*at == 0 || other < *at))
		*at = other;
}

/* Returns milliseconds until the next timer; -1: none. */
static int next_timeout(const struct supervise *s, int64_t now)
{
	int64_t at = s->ear.tick ? s->next_tick : 0;

	for (size_t i = 0; i < s->roles.count; i++) {
		const struct role *r = s->roles.at[i];

		if (r->now.pid == 0 && !r->ending && r->not_before > now)
			sooner(&at, r->not_before);
		for (size_t k = 0; k < SUPERVISE_LEAVING; k++)
			if (r->leaving[k].pid > 0)
				sooner(&at, r->leaving[k].kill_at);
	}
	if (at == 0)
		return -1;
	return at > now ? (int)(at - now) : 0;
}

static void hear_signals(struct supervise *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			s->over = true;
		else if (s->ear.reload && !s->over)
			s->ear.reload(s->ear.thing);
	}
}

static void hear_tick(struct supervise *s)
{
	int64_t now = clock_monotonic_ms();

	if (!s->ear.tick || now < s->next_tick)
		return;
	s->next_tick = now + TICK;
	s->ear.tick(s->ear.thing);
}

static void hear_watch(struct supervise *s, const struct watch *w)
{
	struct role *r = w->role;
	int64_t now = clock_monotonic_ms();

	if (w->child)
		supervise_reap(s, r, w->child);
	else if (may_start(r, now))
		(void)supervise_start(s, r);
	else if (turns_away(r, now))
		(void)!listen_turn_away(&r->is.socket, r->listener);
}

enum { OWN_SIGNALS, EAR, FIRST_WATCH };

/* Processes before signals and callbacks, which may change the table. */
static void wait_for_something(struct supervise *s)
{
	own(close_arena) struct arena *a = arena_open();
	int64_t now = clock_monotonic_ms();
	poll_list fds = { 0 };
	watch_list watches = { 0 };

	watch(a, &fds, &watches, s->signals, (struct watch){ 0 });
	watch(a, &fds, &watches, s->ear.fd, (struct watch){ 0 });
	for (size_t i = 0; i < s->roles.count; i++)
		watch_role(a, &fds, &watches, s->roles.at[i], now);
	if (poll(fds.at, fds.count, next_timeout(s, now)) < 0)
		return;
	for (size_t i = FIRST_WATCH; i < fds.count; i++)
		if (fds.at[i].revents)
			hear_watch(s, &watches.at[i]);
	if (fds.at[OWN_SIGNALS].revents)
		hear_signals(s);
	if (fds.at[EAR].revents && s->ear.ready)
		s->ear.ready(s->ear.thing, s->ear.fd);
	hear_tick(s);
}

void supervise_run(struct supervise *s)
{
	while (!is_all_over(s)) {
		int64_t now = clock_monotonic_ms();

		forget_gone(s);
		start_due(s);
		for (size_t i = 0; i < s->roles.count; i++)
			kill_overdue(s, s->roles.at[i], now);
		end_due(s);
		if (!is_all_over(s))
			wait_for_something(s);
	}
}

void supervise_end(struct supervise *s)
{
	s->over = true;
}
