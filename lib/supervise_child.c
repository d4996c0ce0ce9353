/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise_child.c: start, stop and reaping of one child, and the restart
 * delay. */
#include "lib/supervise_parts.h"

#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/own.h"
#include "lib/spawn.h"

enum {
	SHORT_LIFE = 1000, /* ms: a sooner exit counts as a failure */
	QUICK_STARTS = 3,  /* restarts without delay */
	FIRST_WAIT = 100,  /* ms, doubled each time */
	LONGEST_WAIT = 1000,
};

OWNER(close_arena, struct arena *, arena_close)

void supervise_send(const struct child *c, int signal)
{
	if (c->pid > 0)
		(void)pidfd_send_signal(c->pidfd, signal, NULL, 0);
}

bool supervise_start(struct supervise *s, struct role *r)
{
	const struct spawn what = { .program = r->is.program,
		                    .argv = r->is.argv,
		                    .user = r->is.user,
		                    .listeners = { r->listener, r->second } };
	struct spawned child;
	struct fault why = { 0 };

	if (!spawn_child(&what, &child, &why)) {
		r->not_before = clock_monotonic_ms() + LONGEST_WAIT;
		supervise_say(s, r, "could not start", why.text);
		return false;
	}
	r->now = (struct child){ .pid = child.pid,
		                 .pidfd = child.pidfd,
		                 .started = clock_monotonic_ms(),
		                 .since = clock_now() };
	r->starts++;
	supervise_say(s, r, "started", "");
	return true;
}

/* Returns a free slot for a draining child; if there is none, kills the
 * oldest. */
static struct child *place_to_leave(struct role *r)
{
	struct child *oldest = &r->leaving[0];

	for (size_t i = 0; i < SUPERVISE_LEAVING; i++) {
		if (r->leaving[i].pid == 0)
			return &r->leaving[i];
		if (r->leaving[i].started < oldest->started)
			oldest = &r->leaving[i];
	}
	supervise_send(oldest, SIGKILL);
	(void)waitid(P_PIDFD, (id_t)oldest->pidfd, NULL, WEXITED);
	(void)close(oldest->pidfd);
	return oldest;
}

void supervise_leave(struct role *r)
{
	int64_t patience =
	    r->is.patience > 0 ? r->is.patience : SUPERVISE_PATIENCE;

	if (r->now.pid == 0)
		return;
	struct child *place = place_to_leave(r);

	*place = r->now;
	place->kill_at = clock_monotonic_ms() + patience;
	r->now = (struct child){ 0 };
	supervise_send(place, SIGTERM);
}

static int64_t wait_after(unsigned short_lives)
{
	unsigned doubled = short_lives - QUICK_STARTS;

	if (short_lives < QUICK_STARTS)
		return 0;
	if (doubled > 4)
		return LONGEST_WAIT;
	int64_t wait = (int64_t)FIRST_WAIT << doubled;

	return wait < LONGEST_WAIT ? wait : LONGEST_WAIT;
}

/* An on-demand process that exits with 0 was idle; this is no failure. */
static bool went_idle(const struct role *r, const siginfo_t *end)
{
	return r->is.start == SUPERVISE_FIRST_USE &&
	       end->si_code == CLD_EXITED && end->si_status == 0;
}

static void plan_next(struct role *r, const siginfo_t *end)
{
	int64_t now = clock_monotonic_ms();

	if (now - r->now.started < SHORT_LIFE && !went_idle(r, end))
		r->short_lives++;
	else
		r->short_lives = 0;
	r->not_before = now + wait_after(r->short_lives);
}

void supervise_reap(struct supervise *s, struct role *r, struct child *c)
{
	own(close_arena) struct arena *a = arena_open();
	siginfo_t end = { 0 };

	if (waitid(P_PIDFD, (id_t)c->pidfd, &end, WEXITED | WNOHANG) == 0 &&
	    end.si_pid == 0)
		return;
	if (c == &r->now)
		plan_next(r, &end);
	(void)close(c->pidfd);
	bool asked = c->kill_at > 0;

	*c = (struct child){ 0 };
	supervise_say(s, r, asked ? "ended" : "died",
	              arena_print(a, "%s %d",
	                          end.si_code == CLD_EXITED ? "exit" : "signal",
	                          end.si_status));
}

/* New clients would wait for children that drain: reject them now. */
static void say_farewell(struct role *r)
{
	if (r->listener < 0 || !r->is.socket.farewell)
		return;
	listen_close(&r->is.socket, r->listener);
	r->listener = -1;
}

void supervise_end_role(struct role *r)
{
	r->ending = true;
	say_farewell(r);
	supervise_leave(r);
}

bool supervise_has_child(const struct role *r)
{
	if (r->now.pid > 0)
		return true;
	for (size_t i = 0; i < SUPERVISE_LEAVING; i++)
		if (r->leaving[i].pid > 0)
			return true;
	return false;
}
