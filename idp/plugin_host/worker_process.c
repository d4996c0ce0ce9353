/* SPDX-License-Identifier: AGPL-3.0-or-later
 * worker_process.c: starts a worker process and exchanges messages with it. */
#include "idp/plugin_host/worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "idp/plugin_host/plugin_worker.h"
#include "idp/plugin_host/seccomp_filter.h"
#include "lib/clock.h"
#include "lib/process/syscall_filter.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"

static const struct {
	enum worker_step step;
	int deadline_ms;
	const char *during;
} worker_steps[] = {
	{ WORKER_STEP_LOAD, WORKER_LOAD_MS, "while it was loaded" },
	{ WORKER_STEP_PREPARE, WORKER_STEP_MS, "in prepare" },
	{ WORKER_STEP_SELF_TEST, WORKER_STEP_MS, "in its self-test" },
};

struct worker_process {
	pid_t pid;
	int fd, status; /* fd -1: it has ended with status */
	int note_fd;    /* PLUGIN_WORKER_NOTE */
	uint64_t last_id;
	size_t steps_done;
	bool is_new;
	int64_t asked_ms; /* the last question */
	int64_t cpu_ms;   /* used until then */
	char release[64], conditions[512];
	struct error failed; /* of a step */
};

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

/* ---- process */

static pid_t worker_spawn(const struct worker_options *o, int socket, int note)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, usual;
	/* An empty environment: ours contains the path of the credentials. */
	char *environment[] = { NULL };
	char *arguments[] = { (char *)(uintptr_t)o->program,
		              (char *)(uintptr_t)o->argument, NULL };
	const int from[] = { o->log_fd,     o->log_fd,  socket,
		             o->library_fd, o->data_fd, note };
	pid_t pid = -1;

	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)posix_spawn_file_actions_init(&files);
	for (int i = 0; i < (int)LENGTH(from); i++)
		(void)posix_spawn_file_actions_adddup2(&files, from[i],
		                                       STDOUT_FILENO + i);
	(void)posix_spawnattr_init(&how);
	(void)posix_spawnattr_setsigmask(&how, &none);
	(void)posix_spawnattr_setsigdefault(&how, &usual);
	(void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK |
	                                         POSIX_SPAWN_SETSIGDEF);
	if (posix_spawn(&pid, o->program, &files, &how, arguments,
	                environment) != 0)
		pid = -1;
	(void)posix_spawnattr_destroy(&how);
	(void)posix_spawn_file_actions_destroy(&files);
	return pid;
}

static bool worker_send(struct worker_process *w, uint8_t type, json_t *body)
{
	bool sent =
	    body && ipc_frame_send(w->fd, type, ++w->last_id, body, NULL);

	json_decref(body);
	return sent;
}

/* All steps are sent at once; their answers come in this order. */
static void worker_send_steps(struct worker_process *w, const char *plugin)
{
	for (size_t i = 0; i < LENGTH(worker_steps); i++) {
		const struct worker_start_request request = {
			.step = worker_steps[i].step, .plugin = plugin
		};
		json_t *body = NULL;

		(void)!worker_start_request_write(&request, &body, NULL);
		(void)worker_send(w, IPC_WORKER_START, body);
	}
}

static void worker_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Returns a descriptor above those of a worker, and closes fd; -1 on error. */
static int worker_move_fd(int fd)
{
	int high =
	    fd < 0 ? -1
		   : fcntl(fd, F_DUPFD_CLOEXEC, 2 * PLUGIN_WORKER_DESCRIPTORS);

	worker_close_fd(&fd);
	return high;
}

static int worker_open_note(void)
{
	int fd = worker_move_fd(memfd_create("note", MFD_CLOEXEC));

	if (fd >= 0 && ftruncate(fd, sizeof(int)) != 0)
		worker_close_fd(&fd);
	return fd;
}

static void worker_free(struct worker_process *w)
{
	worker_close_fd(&w->fd);
	worker_close_fd(&w->note_fd);
	free(w);
}

struct worker_process *worker_start(const struct worker_options *o)
{
	struct worker_process *w = calloc(1, sizeof(*w));
	int pair[2] = { -1, -1 };

	if (!w)
		abort();
	(void)!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
	int high = worker_move_fd(pair[1]);

	w->fd = pair[0];
	w->note_fd = worker_open_note();
	w->is_new = true;
	w->pid = high >= 0 && w->note_fd >= 0
	             ? worker_spawn(o, high, w->note_fd)
	             : -1;
	worker_close_fd(&high);
	if (w->pid < 0) {
		worker_free(w);
		return NULL;
	}
	worker_send_steps(w, o->plugin);
	return w;
}

/* Kills and reaps it.  SIGKILL ends it at once. */
static void worker_end(struct worker_process *w)
{
	if (w->fd < 0)
		return;
	(void)close(w->fd);
	w->fd = -1;
	(void)kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &w->status, 0) < 0 && errno == EINTR)
		continue;
}

/* Returns "system call NAME", or NULL. The plugin can write the note as well:
 * it is a name for people and no more. */
static const char *worker_forbidden_call(const struct worker_process *w,
                                         struct arena *a)
{
	int number = 0;
	const char *name =
	    pread(w->note_fd, &number, sizeof(number), 0) == sizeof(number) &&
		    number > 0
		? syscall_name(a, number)
		: NULL;

	if (name || (WIFEXITED(w->status) &&
	             WEXITSTATUS(w->status) == PLUGIN_WORKER_FORBIDDEN))
		return arena_printf(a,
		                    "system call %s, which the sandbox "
		                    "forbids",
		                    name ? name : "of an unknown name");
	return NULL;
}

static const char *worker_end_text(struct worker_process *w, struct arena *a)
{
	const char *forbidden = worker_forbidden_call(w, a);

	if (forbidden)
		return forbidden;
	if (WIFEXITED(w->status))
		return arena_printf(a, "status %d", WEXITSTATUS(w->status));
	/* The filter of the plugin host kills at once for some calls. */
	return arena_printf(a, "signal %d%s", WTERMSIG(w->status),
	                    WTERMSIG(w->status) == SIGSYS
	                        ? ", a system call that the sandbox forbids"
	                        : "");
}

const char *worker_close(struct worker_process *w, struct arena *a)
{
	if (!w)
		return "";
	worker_end(w);
	const char *how = worker_end_text(w, a);

	worker_free(w);
	return how;
}

static int64_t worker_cpu_ms(const struct worker_process *w)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(w->pid, &clock) != 0 ||
	    clock_gettime(clock, &used) != 0)
		return 0;
	return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

int worker_cpu_seconds(const struct worker_process *w)
{
	return (int)(worker_cpu_ms(w) / 1000);
}

bool worker_is_new(const struct worker_process *w)
{
	return w->is_new;
}

const char *worker_release(const struct worker_process *w)
{
	return w->release;
}

const char *worker_conditions(const struct worker_process *w)
{
	return w->conditions;
}

/* ---- messages */

/* Receives the answer to the request with this id.  An answer to another one
 * is none. */
static enum worker_result worker_receive(struct worker_process *w,
                                         struct arena *a, uint8_t type,
                                         uint64_t id, int deadline_ms,
                                         json_t **ret_body, struct error *err)
{
	uint8_t got_type;
	uint64_t got_id;

	if (w->fd < 0) {
		(void)error_set(err, ERROR_UNAVAILABLE, "closed");
		return WORKER_DIED;
	}
	bool got = ipc_frame_receive(a, w->fd, deadline_ms, &got_type, &got_id,
	                             ret_body, err);

	/* The kernel reports once that the peer ended with unread requests,
	 * before the answers that it sent. */
	if (!got && text_equal(err->text, "closed")) {
		*err = (struct error){ 0 };
		got = ipc_frame_receive(a, w->fd, 0, &got_type, &got_id,
		                        ret_body, err);
	}
	if (!got) {
		if (text_equal(err->text, "closed"))
			return WORKER_DIED;
		return text_equal(err->text, "no reply before the deadline")
		           ? WORKER_LATE
		           : WORKER_HUNG;
	}
	if (got_id == id && got_type == (type | IPC_REPLY))
		return WORKER_ANSWERED;
	(void)error_set(err, ERROR_UNAVAILABLE,
	                "response does not match the request");
	return WORKER_HUNG;
}

/* ---- start */

static bool worker_step_error(struct worker_process *w,
                              enum worker_result result, const char *during,
                              int deadline_ms, struct error *err)
{
	own(close_arena) struct arena *a = arena_open();

	if (result == WORKER_LATE)
		return error_set(err, ERROR_REFUSED,
		                 "it did not end within %d ms %s", deadline_ms,
		                 during);
	worker_end(w);
	if (WIFEXITED(w->status) &&
	    WEXITSTATUS(w->status) == PLUGIN_WORKER_NO_MEMORY)
		return error_set(err, ERROR_REFUSED,
		                 "it needs more memory than the %d MiB of a "
		                 "worker %s",
		                 SANDBOX_MEMORY_MIB, during);
	if (WIFEXITED(w->status) &&
	    WEXITSTATUS(w->status) == PLUGIN_WORKER_NO_SANDBOX)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the sandbox cannot be locked");
	if (result == WORKER_HUNG)
		return error_set(err, ERROR_REFUSED,
		                 "it sent something else than an answer %s",
		                 during);
	return error_set(err, ERROR_REFUSED, "it ended %s (%s)", during,
	                 worker_end_text(w, a));
}

static bool worker_finish_step(struct worker_process *w, size_t i,
                               struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	struct worker_start_reply reply = { 0 };
	json_t *body = NULL;
	enum worker_result result =
	    worker_receive(w, a, IPC_WORKER_START, i + 1,
	                   worker_steps[i].deadline_ms, &body, err);

	if (result == WORKER_ANSWERED &&
	    !worker_start_reply_read(a, body, &reply, err))
		result = WORKER_HUNG;
	if (result != WORKER_ANSWERED)
		return worker_step_error(w, result, worker_steps[i].during,
		                         worker_steps[i].deadline_ms, err);
	(void)snprintf(w->release, sizeof(w->release), "%s",
	               reply.release ? reply.release : "");
	(void)snprintf(w->conditions, sizeof(w->conditions), "%s",
	               reply.conditions ? reply.conditions : "");
	return !reply.error || error_set(err, ERROR_REFUSED, "%s", reply.error);
}

bool worker_ready(struct worker_process *w, struct error *err)
{
	while (w->failed.kind == ERROR_NONE &&
	       w->steps_done < LENGTH(worker_steps))
		if (worker_finish_step(w, w->steps_done, &w->failed))
			w->steps_done++;
		else
			worker_end(w);
	return w->failed.kind == ERROR_NONE ||
	       error_set(err, w->failed.kind, "%s", w->failed.text);
}

/* ---- questions */

bool worker_validate(struct worker_process *w, const char *condition,
                     const char *const *arguments, size_t count,
                     size_t *ret_argument, struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	const struct worker_validate_request request = { .condition = condition,
		                                         .arguments = arguments,
		                                         .arguments_count =
		                                             count };
	struct worker_validate_reply reply = { 0 };
	json_t *body = NULL;
	const char *during =
	    arena_printf(a, "when asked if \"%.60s\" is valid", condition);

	*ret_argument = 0;
	(void)!worker_validate_request_write(&request, &body, NULL);
	enum worker_result result =
	    worker_send(w, IPC_WORKER_VALIDATE, body)
		? worker_receive(w, a, IPC_WORKER_VALIDATE, w->last_id,
	                         WORKER_VALIDATE_MS, &body, err)
		: WORKER_DIED;

	if (result == WORKER_ANSWERED &&
	    !worker_validate_reply_read(a, body, &reply, err))
		result = WORKER_HUNG;
	if (result != WORKER_ANSWERED)
		return worker_step_error(w, result, during, WORKER_VALIDATE_MS,
		                         err);
	if (reply.invalid == 0)
		return true;
	if (reply.invalid < 0)
		return error_set(err, ERROR_REFUSED,
		                 "it has no condition \"%.60s\"", condition);
	*ret_argument = (size_t)reply.invalid;
	return error_set(err, ERROR_REFUSED, "%.60s expects %s", condition,
	                 reply.expected ? reply.expected : "other arguments");
}

/* Most of its time on the processor: it does not wait for others. */
static bool worker_used_its_time(const struct worker_process *w)
{
	return worker_cpu_ms(w) - w->cpu_ms >= WORKER_DEADLINE_MS * 3 / 4;
}

enum worker_result worker_ask(struct worker_process *w, struct arena *a,
                              const struct plugin_question *question,
                              struct evaluate_one_reply *ret, struct error *err)
{
	const struct evaluate_one_request request = { .question = question };
	json_t *body = NULL;

	(void)!evaluate_one_request_write(&request, &body, NULL);
	w->is_new = false;
	w->cpu_ms = worker_cpu_ms(w);
	w->asked_ms = clock_monotonic_ms();
	if (!worker_send(w, IPC_EVALUATE_ONE, body)) {
		(void)error_set(err, ERROR_UNAVAILABLE,
		                "worker closed the connection");
		return WORKER_DIED;
	}
	enum worker_result result = worker_receive(
	    w, a, IPC_EVALUATE_ONE, w->last_id, WORKER_DEADLINE_MS, &body, err);

	if (result == WORKER_LATE && worker_used_its_time(w))
		return WORKER_HUNG;
	if (result == WORKER_ANSWERED &&
	    !evaluate_one_reply_read(a, body, ret, err))
		return WORKER_HUNG;
	return result;
}

enum worker_result worker_drain(struct worker_process *w, int wait_ms)
{
	own(close_arena) struct arena *a = arena_open();
	struct error err = { 0 };
	json_t *body = NULL;
	int64_t left = w->asked_ms + WORKER_LATE_MS - clock_monotonic_ms();
	enum worker_result result;

	if (left < 0)
		left = 0;
	result =
	    worker_receive(w, a, IPC_EVALUATE_ONE, w->last_id,
	                   left < wait_ms ? (int)left : wait_ms, &body, &err);
	if (result == WORKER_LATE &&
	    (worker_used_its_time(w) ||
	     clock_monotonic_ms() - w->asked_ms >= WORKER_LATE_MS))
		return WORKER_HUNG;
	return result;
}
