/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise.c: the supervisor's process table and the operations on it. */
#include "lib/process/supervise_private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/strbuf.h"

static void supervise_close_socket(int *fd, const struct listen_socket *sock)
{
	if (*fd >= 0)
		listen_close(sock, *fd);
	*fd = -1;
}

static void supervise_close_sockets(struct supervised_process *process)
{
	supervise_close_socket(&process->listener, &process->config.socket);
	supervise_close_socket(&process->second_listener,
	                       &process->config.second_socket);
}

static const char *const *supervise_copy_argv(struct arena *a,
                                              const char *const *argv)
{
	VECTOR(const char *) copy = { 0 };

	if (!argv)
		return NULL;
	for (; *argv; argv++)
		*vector_append(a, &copy) = arena_strdup(a, *argv);
	*vector_append(a, &copy) = NULL;
	return copy.at;
}

static struct listen_socket supervise_copy_socket(struct arena *a,
                                                  struct listen_socket sock)
{
	sock.path = arena_strdup(a, sock.path);
	sock.group = arena_strdup(a, sock.group);
	sock.busy_reply = arena_strdup(a, sock.busy_reply);
	return sock;
}

static struct supervised_process *supervise_copy_process(
    const struct supervise_process *config)
{
	struct arena *a = arena_open();
	struct supervised_process *process =
	    arena_new(a, struct supervised_process);

	process->arena = a;
	process->listener = process->second_listener = -1;
	process->config = *config;
	process->config.name = arena_strdup(a, config->name);
	process->config.program = arena_strdup(a, config->program);
	process->config.argv = supervise_copy_argv(a, config->argv);
	process->config.user = arena_strdup(a, config->user);
	process->config.socket = supervise_copy_socket(a, config->socket);
	process->config.second_socket =
	    supervise_copy_socket(a, config->second_socket);
	return process;
}

static bool supervise_open_sockets(struct supervised_process *process,
                                   struct error *err)
{
	if (!process->config.socket.path &&
	    process->config.start == SUPERVISE_START_ON_DEMAND)
		return error_set(
		    err, ERROR_INVALID,
		    "process %s starts on demand but has no socket",
		    process->config.name);
	if (process->config.socket.path &&
	    !listen_open(&process->config.socket, &process->listener, err))
		return false;
	return !process->config.second_socket.path ||
	       listen_open(&process->config.second_socket,
	                   &process->second_listener, err);
}

static struct supervised_process *supervise_open_process(
    const struct supervise_process *config, struct error *err)
{
	struct supervised_process *process = supervise_copy_process(config);

	if (supervise_open_sockets(process, err))
		return process;
	supervise_close_sockets(process);
	arena_close(process->arena);
	return NULL;
}

static struct supervised_process *supervise_find_process(
    const struct supervise *s, const char *name)
{
	for (size_t i = 0; i < s->processes.count; i++)
		if (!s->processes.at[i]->removed &&
		    text_equal(s->processes.at[i]->config.name, name))
			return s->processes.at[i];
	return NULL;
}

/* Opens the processes that are not in the table yet; all or none. */
static bool supervise_open_new_processes(
    struct supervise *s, struct arena *a,
    const struct supervise_process *processes, size_t count,
    supervised_process_vector *into, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (supervise_find_process(s, processes[i].name))
			continue;
		struct supervised_process *process =
		    supervise_open_process(&processes[i], err);

		if (process) {
			*vector_append(a, into) = process;
			continue;
		}
		for (size_t k = 0; k < into->count; k++) {
			supervise_close_sockets(into->at[k]);
			arena_close(into->at[k]->arena);
		}
		return false;
	}
	return true;
}

static bool supervise_is_configured(const struct supervised_process *process,
                                    const struct supervise_process *processes,
                                    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(process->config.name, processes[i].name))
			return true;
	return false;
}

static void supervise_remove_others(struct supervise *s,
                                    const struct supervise_process *processes,
                                    size_t count)
{
	for (size_t i = 0; i < s->processes.count; i++) {
		struct supervised_process *process = s->processes.at[i];

		if (supervise_is_configured(process, processes, count))
			continue;
		process->removed = true;
		supervise_stop_process(process);
		supervise_close_sockets(process);
	}
}

bool supervise_reconfigure(struct supervise *s,
                           const struct supervise_process *processes,
                           size_t count, struct error *err)
{
	struct arena *arena = arena_open();
	supervised_process_vector added = { 0 }, all = { 0 };

	if (!supervise_open_new_processes(s, arena, processes, count, &added,
	                                  err)) {
		arena_close(arena);
		return false;
	}
	supervise_remove_others(s, processes, count);
	for (size_t i = 0; i < s->processes.count; i++)
		*vector_append(arena, &all) = s->processes.at[i];
	for (size_t i = 0; i < added.count; i++)
		*vector_append(arena, &all) = added.at[i];
	arena_close(s->processes_arena);
	s->processes_arena = arena;
	s->processes = all;
	return true;
}

static int supervise_open_signalfd(void)
{
	sigset_t set;

	/* An inherited SIG_IGN would prevent waiting for children. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool supervise_open(const struct supervise_process *processes, size_t count,
                    const struct supervise_callbacks *callbacks,
                    struct supervise **ret_supervise, struct error *err)
{
	struct arena *a = arena_open();
	struct supervise *s = arena_new(a, struct supervise);

	s->arena = a;
	s->callbacks = callbacks
	                   ? *callbacks
	                   : (struct supervise_callbacks){ .control_fd = -1 };
	s->signals = supervise_open_signalfd();
	if (s->signals < 0)
		(void)error_set(err, ERROR_UNAVAILABLE,
		                "cannot create signalfd: %s", strerror(errno));
	if (s->signals < 0 ||
	    !supervise_reconfigure(s, processes, count, err)) {
		supervise_close(s);
		return false;
	}
	*ret_supervise = s;
	return true;
}

void supervise_close(struct supervise *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->processes.count; i++) {
		supervise_close_sockets(s->processes.at[i]);
		arena_close(s->processes.at[i]->arena);
	}
	if (s->signals >= 0)
		(void)close(s->signals);
	arena_close(s->status_arena);
	arena_close(s->processes_arena);
	arena_close(s->arena);
}

/* ---- operations for the supervisor program */

bool supervise_restart(struct supervise *s, const char *name, struct error *err)
{
	struct supervised_process *process = supervise_find_process(s, name);

	if (!process)
		return error_set(err, ERROR_INVALID, "no process %s", name);
	if (process->stopping)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "process %s is stopping", name);
	if (process->child.pid == 0 &&
	    process->config.start == SUPERVISE_START_ON_DEMAND)
		return true;
	struct supervised_child old = process->child;

	if (!supervise_start_child(s, process)) {
		process->child = old;
		return error_set(err, ERROR_UNAVAILABLE,
		                 "process %s cannot be started", name);
	}
	struct supervised_child fresh = process->child;

	process->child = old;
	supervise_drain_child(process);
	process->child = fresh;
	process->quick_exits = 0;
	return true;
}

size_t supervise_status(struct supervise *s,
                        const struct supervise_process_status **ret_rows)
{
	VECTOR(struct supervise_process_status) rows = { 0 };

	arena_close(s->status_arena);
	s->status_arena = arena_open();
	for (size_t i = 0; i < s->processes.count; i++) {
		const struct supervised_process *process = s->processes.at[i];
		struct supervise_process_status row = {
			.name = process->config.name,
			.pid = process->child.pid,
			.started_at = process->child.started_at,
			.start_count = process->start_count
		};

		for (size_t k = 0; k < SUPERVISE_MAX_DRAINING; k++)
			row.draining += process->draining[k].pid > 0;
		*vector_append(s->status_arena, &rows) = row;
	}
	*ret_rows = rows.at;
	return rows.count;
}
