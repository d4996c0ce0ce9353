/* SPDX-License-Identifier: AGPL-3.0-or-later
 * daemon_main.c: the steps of every daemon, in one order: arguments, hardening,
 * signals, configuration, confinement, its own start, requests, its own
 * stop. */
#include "region/ipc/daemon_main.h"

#include <sysexits.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/process/identity.h"
#include "lib/process/listen.h"
#include "region/ipc/daemon_confine.h"
#include "region/ipc/supervisor.h"

/* Returns the supervisor's socket; opens one if the daemon was started
 * alone. */
static bool daemon_open_socket(struct daemon *d,
                               const struct daemon_program *program,
                               const struct config *cfg, struct error *err)
{
	const struct listen_socket sock = {
		.path = arena_printf(d->arena, "%s/%s.sock",
		                     cfg->runtime_directory, program->role),
		.mode = 0666,
	};

	d->listen_fd = daemon_socket(DAEMON_SOCKET_FIRST);
	if (d->listen_fd >= 0)
		return true;
	return program->own_socket
	           ? listen_open(&sock, &d->listen_fd, err)
	           : error_set(err, ERROR_INVALID,
	                       "no socket passed by the supervisor");
}

/* Each connection has its own descriptor and, while it is served, those of two
 * other connections at most; the rest are files, sockets and libraries. */
enum { DESCRIPTORS_PER_CONNECTION = 3, OTHER_DESCRIPTORS = 128 };

static bool daemon_allow_descriptors(const struct daemon_program *program,
                                     struct error *err)
{
	return daemon_require_descriptors(
	    OTHER_DESCRIPTORS +
		DESCRIPTORS_PER_CONNECTION * (unsigned)program->connections,
	    err);
}

static bool daemon_start(struct daemon *d, const struct daemon_program *program,
                         struct error *err)
{
	struct config *cfg = config_current();
	bool started =
	    daemon_allow_descriptors(program, err) &&
	    (!program->role || daemon_open_socket(d, program, cfg, err)) &&
	    daemon_confine(d, program, cfg, err) &&
	    (!program->init || program->init(d, cfg, err));

	config_unref(cfg);
	return started;
}

/* The role of an instance is ROLE@NAME. */
static void daemon_serve(struct daemon *d, const struct daemon_program *program)
{
	const char *role =
	    d->name ? arena_printf(d->arena, "%s@%s", program->role, d->name)
		    : program->role;

	if (program->run)
		program->run(d);
	else if (program->role)
		ipc_serve(d->listen_fd, role, program->handlers,
		          program->connections);
	else
		daemon_wait_for_signal();
}

static bool daemon_run(struct daemon *d, const struct daemon_program *program,
                       const char *file, struct error *err)
{
	bool opened = program->is_supervisor ? supervisor_open_config(file, err)
	                                     : config_open(file, err);

	if (!opened || !daemon_start(d, program, err))
		return false;
	if (program->is_supervisor && !identity_can_change())
		log_event(LOG_PROCESS_ONE_USER, NULL);
	log_event(LOG_PROCESS_READY, NULL);
	daemon_serve(d, program);
	log_event(LOG_PROCESS_STOPPED, NULL);
	if (program->stop)
		program->stop(d);
	return true;
}

int daemon_main(const struct daemon_program *program, int argc, char **argv)
{
	struct error err = { 0 };
	int usage = daemon_check_arguments(argc, argv, program->program,
	                                   program->operand);

	if (usage >= 0)
		return usage;
	struct daemon d = { .arena = arena_open(),
		            .name = argc == 4 ? argv[3] : NULL,
		            .listen_fd = -1 };

	daemon_init(program->program);
	if (!program->is_supervisor) {
		daemon_block_signals();
		daemon_die_with_parent();
	}
	if (!daemon_take_user(program, &err)) {
		log_event(LOG_PROCESS_START_FAILED, "error", err.text, NULL);
		arena_close(d.arena);
		return EX_NOPERM;
	}
	if (program->prepare)
		program->prepare();
	bool done =
	    clock_zone_open(&err) && daemon_run(&d, program, argv[2], &err);

	if (!done)
		log_event(LOG_PROCESS_START_FAILED, "error", err.text, NULL);
	arena_close(d.arena);
	return done ? EX_OK : EX_CONFIG;
}
