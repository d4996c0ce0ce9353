/* SPDX-License-Identifier: AGPL-3.0-or-later
 * candidate_plugins.c: has portvakt-plugin-host check the plugins of a
 * candidate, and reads its faults. */
#include "region/ipc/candidate_plugins.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/process/spawn.h"
#include "lib/strbuf.h"
#include "region/ipc/supervisor.h"

enum { CHECK_DEADLINE_MS = 20 * 1000, MAX_FAULTS_TEXT = 256 * 1024 };

static const char plugin_host[] = "plugin-host";

static const char *const *candidate_argv(
    struct arena *a, const char *program,
    const struct accepted_candidate *candidate)
{
	VECTOR(const char *) argv = { 0 };

	*vector_append(a, &argv) = program;
	*vector_append(a, &argv) = PLUGIN_CANDIDATE_ARGUMENT;
	*vector_append(a, &argv) = candidate->main_file;
	*vector_append(a, &argv) = candidate->folder;
	for (size_t i = 0; candidate->last_good[i]; i++)
		*vector_append(a, &argv) = candidate->last_good[i];
	*vector_append(a, &argv) = NULL;
	return argv.at;
}

/* Reads until the other end is closed. */
static bool candidate_read_faults(int fd, struct strbuf *text,
                                  struct error *err)
{
	const int64_t deadline = clock_monotonic_ms() + CHECK_DEADLINE_MS;
	char bytes[4096];
	ssize_t got = 1;

	while (got > 0 && text->length < MAX_FAULTS_TEXT) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - clock_monotonic_ms();

		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "it took longer than %d s",
			                 CHECK_DEADLINE_MS / 1000);
		got = read(fd, bytes, sizeof(bytes));
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			got = 1;
		else if (got > 0)
			strbuf_append_bytes(text, bytes, (size_t)got);
	}
	return true;
}

/* The program and its workers end with the kill: a worker's socket is then
 * closed. */
static void candidate_end(const struct spawned_process *child)
{
	(void)kill(child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	(void)close(child->pidfd);
}

static bool candidate_run(struct arena *a, const char *const *argv,
                          struct strbuf *faults, struct error *err)
{
	struct spawned_process child;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot create a pipe: %s", strerror(errno));
	const struct spawn_options options = {
		.program = argv[0],
		.argv = argv,
		.user = supervisor_user(a, plugin_host),
		.listeners = { ends[1], -1 },
	};
	bool started = spawn_child(&options, &child, err);

	(void)close(ends[1]);
	bool good = started && candidate_read_faults(ends[0], faults, err);

	(void)close(ends[0]);
	if (started)
		candidate_end(&child);
	return good;
}

static void candidate_add_fault(struct arena *a, char *line,
                                struct conf_errors *errors)
{
	size_t count = 0;
	char **fields = text_split(a, line, "\t", &count);
	long long row = 1, column = 1;

	if (count != 4)
		return;
	(void)!text_to_number(fields[1], 1, 1 << 30, &row);
	(void)!text_to_number(fields[2], 1, 1 << 30, &column);
	conf_error_add_at(errors, fields[0], (unsigned)row, (unsigned)column,
	                  "%s", fields[3]);
}

/* A machine with synchronisation alone runs no plugins, and need not have
 * them. */
static bool has_login_service(struct arena *a)
{
	return access(arena_printf(a, "%s/portvakt-web",
	                           supervisor_program_dir(a, "portvakt-web")),
	              F_OK) == 0;
}

bool candidate_check_plugins(struct arena *a,
                             const struct accepted_candidate *candidate,
                             struct conf_errors *errors, struct error *err)
{
	const char *program =
	    arena_printf(a, "%s/portvakt-plugin-host",
	                 supervisor_program_dir(a, "portvakt-plugin-host"));
	struct strbuf text = strbuf_init(a);
	bool done = false;
	char *line, *rest;

	if (!has_login_service(a))
		return true;
	if (!candidate_run(a, candidate_argv(a, program, candidate), &text,
	                   err))
		return false;
	for (line = strtok_r(text.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		done = text_equal(line, PLUGIN_CANDIDATE_DONE);
		if (!done)
			candidate_add_fault(a, line, errors);
	}
	/* A program that ended before has found nothing good. */
	return done || error_set(err, ERROR_UNAVAILABLE,
	                         "%s ended without a result", program);
}
