/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise_child.c: start, stop and reaping of one child, and the restart
 * delay. */
#include "lib/process/supervise_private.h"

#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/process/spawn.h"
#include "lib/strbuf.h"

enum {
	QUICK_EXIT_MS = 1000,       /* ms: a sooner exit counts as a failure */
	IMMEDIATE_RESTARTS = 3,     /* restarts without delay */
	MIN_RESTART_DELAY_MS = 100, /* ms, doubled each time */
	MAX_RESTART_DELAY_MS = 1000,
	REPEAT_REPORT_MS = 60 * 1000,
};

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

void supervise_report(struct supervise *s,
                      const struct supervised_process *process,
                      const char *event, const char *detail)
{
	if (s->callbacks.on_event)
		s->callbacks.on_event(s->callbacks.data, process->config.name,
		                      event, detail);
}

void supervise_signal_child(const struct supervised_child *c, int signal)
{
	if (c->pid > 0)
		(void)pidfd_send_signal(c->pidfd, signal, NULL, 0);
}

/* A program that cannot run is tried every second, and reported once a minute
 * while the error is the same. */
static void supervise_report_not_started(struct supervise *s,
                                         struct supervised_process *process,
                                         const char *error)
{
	const int64_t now = clock_monotonic_ms();

	process->restart_not_before = now + MAX_RESTART_DELAY_MS;
	if (text_equal(process->start_error, error) &&
	    now - process->start_error_ms < REPEAT_REPORT_MS)
		return;
	(void)snprintf(process->start_error, sizeof(process->start_error), "%s",
	               error);
	process->start_error_ms = now;
	supervise_report(s, process, "could not start", error);
}

bool supervise_start_child(struct supervise *s,
                           struct supervised_process *process)
{
	const struct spawn_options options = {
		.program = process->config.program,
		.argv = process->config.argv,
		.user = process->config.user,
		.listeners = { process->listener, process->second_listener }
	};
	struct spawned_process child;
	struct error err = { 0 };

	if (!spawn_child(&options, &child, &err)) {
		supervise_report_not_started(s, process, err.text);
		return false;
	}
	process->start_error[0] = '\0';
	process->child =
	    (struct supervised_child){ .pid = child.pid,
		                       .pidfd = child.pidfd,
		                       .started_ms = clock_monotonic_ms(),
		                       .started_at = clock_now() };
	process->start_count++;
	supervise_report(s, process, "started", "");
	return true;
}

/* Returns a free slot for a draining child; if there is none, kills the
 * oldest. */
static struct supervised_child *supervise_draining_slot(
    struct supervised_process *process)
{
	struct supervised_child *oldest = &process->draining[0];

	for (size_t i = 0; i < SUPERVISE_MAX_DRAINING; i++) {
		if (process->draining[i].pid == 0)
			return &process->draining[i];
		if (process->draining[i].started_ms < oldest->started_ms)
			oldest = &process->draining[i];
	}
	supervise_signal_child(oldest, SIGKILL);
	(void)waitid(P_PIDFD, (id_t)oldest->pidfd, NULL, WEXITED);
	(void)close(oldest->pidfd);
	return oldest;
}

void supervise_drain_child(struct supervised_process *process)
{
	int64_t stop_timeout = process->config.stop_timeout > 0
	                           ? process->config.stop_timeout
	                           : SUPERVISE_STOP_TIMEOUT_MS;

	if (process->child.pid == 0)
		return;
	struct supervised_child *slot = supervise_draining_slot(process);

	*slot = process->child;
	slot->kill_at_ms = clock_monotonic_ms() + stop_timeout;
	process->child = (struct supervised_child){ 0 };
	supervise_signal_child(slot, SIGTERM);
}

static int64_t supervise_restart_delay_ms(unsigned quick_exits)
{
	unsigned doubled = quick_exits - IMMEDIATE_RESTARTS;

	if (quick_exits < IMMEDIATE_RESTARTS)
		return 0;
	if (doubled > 4)
		return MAX_RESTART_DELAY_MS;
	int64_t wait = (int64_t)MIN_RESTART_DELAY_MS << doubled;

	return wait < MAX_RESTART_DELAY_MS ? wait : MAX_RESTART_DELAY_MS;
}

/* An on-demand process that exits with 0 was idle; this is no failure. */
static bool supervise_exited_idle(const struct supervised_process *process,
                                  const siginfo_t *end)
{
	return process->config.start == SUPERVISE_START_ON_DEMAND &&
	       end->si_code == CLD_EXITED && end->si_status == 0;
}

static void supervise_schedule_restart(struct supervised_process *process,
                                       const siginfo_t *end)
{
	int64_t now = clock_monotonic_ms();

	if (now - process->child.started_ms < QUICK_EXIT_MS &&
	    !supervise_exited_idle(process, end))
		process->quick_exits++;
	else
		process->quick_exits = 0;
	process->restart_not_before =
	    now + supervise_restart_delay_ms(process->quick_exits);
}

void supervise_reap_child(struct supervise *s,
                          struct supervised_process *process,
                          struct supervised_child *c)
{
	own(close_arena) struct arena *a = arena_open();
	siginfo_t end = { 0 };

	if (waitid(P_PIDFD, (id_t)c->pidfd, &end, WEXITED | WNOHANG) == 0 &&
	    end.si_pid == 0)
		return;
	if (c == &process->child)
		supervise_schedule_restart(process, &end);
	(void)close(c->pidfd);
	bool stopped = c->kill_at_ms > 0;

	*c = (struct supervised_child){ 0 };
	supervise_report(
	    s, process, stopped ? "ended" : "died",
	    arena_printf(a, "%s %d",
	                 end.si_code == CLD_EXITED ? "exit" : "signal",
	                 end.si_status));
}

/* New clients would wait for children that drain: reject them now. */
static void supervise_close_with_reply(struct supervised_process *process)
{
	if (process->listener < 0 || !process->config.socket.busy_reply)
		return;
	listen_close(&process->config.socket, process->listener);
	process->listener = -1;
}

void supervise_stop_process(struct supervised_process *process)
{
	process->stopping = true;
	supervise_close_with_reply(process);
	supervise_drain_child(process);
}

bool supervise_has_child(const struct supervised_process *process)
{
	if (process->child.pid > 0)
		return true;
	for (size_t i = 0; i < SUPERVISE_MAX_DRAINING; i++)
		if (process->draining[i].pid > 0)
			return true;
	return false;
}
