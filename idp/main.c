/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-idp, the supervisor: creates the sockets, starts the
 * processes and restarts those that exit.  It parses no data from the network
 * and holds no secrets. */
#include <stdio.h>
#include <unistd.h>

#include "idp/process_table.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "region/ipc/supervisor.h"

struct idp_supervisor {
	struct supervise *supervise;
	const char *program_dir;
	int64_t started_at;
};

/* ---- control socket: status and reload ---------------------------------- */

static bool idp_control_status(struct control_request *c, struct error *err)
{
	struct idp_supervisor *m = c->supervisor;

	(void)err;
	control_reply_status(c, "portvakt-idp", m->started_at, m->supervise);
	return true;
}

/* admin has already sent prepare and activate to every other process; only the
 * process table changes here. */
static bool idp_control_reload(struct control_request *c, struct error *err)
{
	struct idp_supervisor *m = c->supervisor;
	struct arena *a = c->arena;
	struct config *cfg = config_current();
	const char *file = arena_strdup(a, cfg->file);
	struct conf_errors errors = { 0 };
	size_t count = 0;

	config_unref(cfg);
	if (!config_prepare(file, err))
		return false;
	struct config *next = config_load(a, file, &errors);

	if (!next)
		return error_set(err, ERROR_INVALID,
		                 "the files changed meanwhile");
	struct supervise_process *roles =
	    process_table_build(a, next, m->program_dir, &count);
	bool ok = process_create_dirs(a, next, err) &&
	          supervise_reconfigure(m->supervise, roles, count, err) &&
	          config_activate(next->hash, err);

	config_unref(next);
	return ok;
}

static void idp_control_accept(void *thing, int listen_fd)
{
	static const struct control_command commands[] = {
		{ "status", idp_control_status },
		{ "reload", idp_control_reload },
		{ NULL, NULL },
	};

	control_socket_serve(thing, listen_fd, commands);
}

/* ---- start -------------------------------------------------------------- */

static bool idp_run(struct arena *a, const char *file, struct error *err)
{
	struct idp_supervisor m = { .started_at = clock_now(),
		                    .program_dir = supervisor_program_dir(
					a, "portvakt-web") };
	struct supervise_callbacks callbacks = { .data = &m,
		                                 .on_event =
		                                     supervisor_log_event,
		                                 .control_fd = -1,
		                                 .on_control =
		                                     idp_control_accept };
	size_t count = 0;

	if (!config_open(file, err))
		return false;
	struct config *cfg = config_current();
	struct listen_socket control = { .path = arena_printf(
					     a, "%s/master.sock",
					     cfg->runtime_directory),
		                         .mode = 0666 };
	struct supervise_process *roles =
	    process_table_build(a, cfg, m.program_dir, &count);
	bool ok = process_create_dirs(a, cfg, err) &&
	          listen_open(&control, &callbacks.control_fd, err) &&
	          supervise_open(roles, count, &callbacks, &m.supervise, err);

	config_unref(cfg);
	if (!ok)
		return false;
	supervise_run(m.supervise);
	supervise_close(m.supervise);
	close(callbacks.control_fd);
	unlink(control.path);
	return true;
}

int main(int argc, char **argv)
{
	struct error err = { 0 };

	daemon_init("portvakt-idp");
	int usage = daemon_check_arguments(argc, argv, "portvakt-idp", NULL);
	if (usage >= 0)
		return usage;
	struct arena *a = arena_open();
	bool ok = idp_run(a, argv[2], &err);

	if (!ok)
		log_error("cannot start", "why", err.text, NULL);
	arena_close(a);
	return ok ? 0 : 78;
}
