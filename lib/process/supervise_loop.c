/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise_loop.c: the event loop over one poll(): starts what is due, kills
 * what exceeds its stop_timeout, waits for the next event. */
#include "lib/process/supervise_private.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/clock.h"

enum { TICK_MS = 1000 };

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

static bool supervise_may_start(const struct supervised_process *process,
                                int64_t now)
{
	return process->child.pid == 0 && !process->stopping &&
	       process->restart_not_before <= now;
}

/* The process fails repeatedly and clients must not wait for it. */
static bool supervise_is_rejecting(const struct supervised_process *process,
                                   int64_t now)
{
	return process->config.socket.busy_reply && !process->stopping &&
	       process->restart_not_before > now &&
	       !supervise_has_child(process);
}

static void supervise_start_due(struct supervise *s)
{
	int64_t now = clock_monotonic_ms();

	for (size_t i = 0; i < s->processes.count; i++) {
		struct supervised_process *process = s->processes.at[i];

		if (process->config.start == SUPERVISE_START_IMMEDIATELY &&
		    supervise_may_start(process, now))
			(void)supervise_start_child(s, process);
	}
}

static void supervise_kill_overdue(struct supervise *s,
                                   struct supervised_process *process,
                                   int64_t now)
{
	for (size_t i = 0; i < SUPERVISE_MAX_DRAINING; i++) {
		struct supervised_child *c = &process->draining[i];

		if (c->pid == 0 || c->kill_at_ms > now)
			continue;
		supervise_signal_child(c, SIGKILL);
		c->kill_at_ms = now + SUPERVISE_STOP_TIMEOUT_MS;
		supervise_report(s, process, "killed", "stop timeout exceeded");
	}
}

/* Stops processes with a stop_timeout first, the others after they exited. */
static void supervise_stop_due(struct supervise *s)
{
	bool waiting = false;

	if (!s->stopping)
		return;
	for (size_t i = 0; i < s->processes.count; i++) {
		struct supervised_process *process = s->processes.at[i];

		if (process->config.stop_timeout > 0) {
			supervise_stop_process(process);
			waiting = waiting || supervise_has_child(process);
		}
	}
	for (size_t i = 0; !waiting && i < s->processes.count; i++)
		supervise_stop_process(s->processes.at[i]);
}

/* Frees processes removed from the configuration, once none of their children
 * drains. */
static void supervise_free_removed(struct supervise *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->processes.count; i++) {
		struct supervised_process *process = s->processes.at[i];

		if (process->removed && !supervise_has_child(process))
			arena_close(process->arena);
		else
			s->processes.at[kept++] = process;
	}
	s->processes.count = kept;
}

static bool supervise_is_finished(const struct supervise *s)
{
	if (!s->stopping)
		return false;
	for (size_t i = 0; i < s->processes.count; i++)
		if (supervise_has_child(s->processes.at[i]))
			return false;
	return true;
}

/* ---- waiting */

/* Owner of a poll descriptor; child NULL: the process's listener. */
struct poll_entry {
	struct supervised_process *process;
	struct supervised_child *child;
};

typedef VECTOR(struct pollfd) pollfd_vector;
typedef VECTOR(struct poll_entry) poll_entry_vector;

static void supervise_add_poll(struct arena *a, pollfd_vector *fds,
                               poll_entry_vector *entries, int fd,
                               struct poll_entry entry)
{
	*vector_append(a, fds) = (struct pollfd){ .fd = fd, .events = POLLIN };
	*vector_append(a, entries) = entry;
}

static void supervise_add_process_polls(struct arena *a, pollfd_vector *fds,
                                        poll_entry_vector *entries,
                                        struct supervised_process *process,
                                        int64_t now)
{
	if (process->child.pid > 0)
		supervise_add_poll(
		    a, fds, entries, process->child.pidfd,
		    (struct poll_entry){ process, &process->child });
	for (size_t i = 0; i < SUPERVISE_MAX_DRAINING; i++)
		if (process->draining[i].pid > 0)
			supervise_add_poll(
			    a, fds, entries, process->draining[i].pidfd,
			    (struct poll_entry){ process,
			                         &process->draining[i] });
	if (supervise_is_rejecting(process, now) ||
	    (process->config.start == SUPERVISE_START_ON_DEMAND &&
	     supervise_may_start(process, now)))
		supervise_add_poll(a, fds, entries, process->listener,
		                   (struct poll_entry){ process, NULL });
}

static void supervise_earlier(int64_t *at, int64_t other)
{
	if (other > 0 && (*at == 0 || other < *at))
		*at = other;
}

/* Returns milliseconds until the next timer; -1: none. */
static int supervise_next_timeout(const struct supervise *s, int64_t now)
{
	int64_t at = s->callbacks.on_tick ? s->next_tick : 0;

	for (size_t i = 0; i < s->processes.count; i++) {
		const struct supervised_process *process = s->processes.at[i];

		if (process->child.pid == 0 && !process->stopping &&
		    process->restart_not_before > now)
			supervise_earlier(&at, process->restart_not_before);
		for (size_t k = 0; k < SUPERVISE_MAX_DRAINING; k++)
			if (process->draining[k].pid > 0)
				supervise_earlier(
				    &at, process->draining[k].kill_at_ms);
	}
	if (at == 0)
		return -1;
	return at > now ? (int)(at - now) : 0;
}

static void supervise_handle_signals(struct supervise *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			s->stopping = true;
		else if (s->callbacks.on_reload && !s->stopping)
			s->callbacks.on_reload(s->callbacks.data);
	}
}

static void supervise_handle_tick(struct supervise *s)
{
	int64_t now = clock_monotonic_ms();

	if (!s->callbacks.on_tick || now < s->next_tick)
		return;
	s->next_tick = now + TICK_MS;
	s->callbacks.on_tick(s->callbacks.data);
}

static void supervise_handle_poll(struct supervise *s,
                                  const struct poll_entry *entry)
{
	struct supervised_process *process = entry->process;
	int64_t now = clock_monotonic_ms();

	if (entry->child)
		supervise_reap_child(s, process, entry->child);
	else if (supervise_may_start(process, now))
		(void)supervise_start_child(s, process);
	else if (supervise_is_rejecting(process, now))
		(void)!listen_reject(&process->config.socket,
		                     process->listener);
}

enum { SLOT_SIGNALS, SLOT_CONTROL, SLOT_FIRST_PROCESS };

/* Processes before signals and callbacks, which may change the table. */
static void supervise_wait_for_event(struct supervise *s)
{
	own(close_arena) struct arena *a = arena_open();
	int64_t now = clock_monotonic_ms();
	pollfd_vector fds = { 0 };
	poll_entry_vector entries = { 0 };

	supervise_add_poll(a, &fds, &entries, s->signals,
	                   (struct poll_entry){ 0 });
	supervise_add_poll(a, &fds, &entries, s->callbacks.control_fd,
	                   (struct poll_entry){ 0 });
	for (size_t i = 0; i < s->processes.count; i++)
		supervise_add_process_polls(a, &fds, &entries,
		                            s->processes.at[i], now);
	if (poll(fds.at, fds.count, supervise_next_timeout(s, now)) < 0)
		return;
	for (size_t i = SLOT_FIRST_PROCESS; i < fds.count; i++)
		if (fds.at[i].revents)
			supervise_handle_poll(s, &entries.at[i]);
	if (fds.at[SLOT_SIGNALS].revents)
		supervise_handle_signals(s);
	if (fds.at[SLOT_CONTROL].revents && s->callbacks.on_control)
		s->callbacks.on_control(s->callbacks.data,
		                        s->callbacks.control_fd);
	supervise_handle_tick(s);
}

void supervise_run(struct supervise *s)
{
	while (!supervise_is_finished(s)) {
		int64_t now = clock_monotonic_ms();

		supervise_free_removed(s);
		supervise_start_due(s);
		for (size_t i = 0; i < s->processes.count; i++)
			supervise_kill_overdue(s, s->processes.at[i], now);
		supervise_stop_due(s);
		if (!supervise_is_finished(s))
			supervise_wait_for_event(s);
	}
}
