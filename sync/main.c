/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-sync, the supervisor of identity synchronisation: many
 * source directories into one LDAP catalogue.  It starts the connectors, the
 * provisioner, the id-crypto process (portvakt-signer --sync) and
 * portvakt-feide, and restarts one that ends.  Exits with 64 on a usage error
 * and 78 when the configuration cannot be used. */
#include <stdio.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "region/ipc/supervisor.h"
#include "sync/sync.h"

enum { CONFIGURATION = 78 };

/* Only the provisioner has state on disk. */
static bool sync_create_dirs(struct arena *a, const struct config *cfg,
                             struct error *err)
{
	return supervisor_create_dir(cfg->runtime_directory, 0755, err) &&
	       supervisor_create_dir(cfg->state_directory, 0755, err) &&
	       supervisor_create_dir_for(
		   arena_printf(a, "%s/sync", cfg->state_directory),
		   supervisor_user(a, "provisioner"), err);
}

static bool sync_open(struct arena *a, struct sync_supervisor *m,
                      struct supervise_callbacks *callbacks,
                      const char **ret_path, struct error *err)
{
	struct config *cfg = config_current();
	struct listen_socket control = {
		.path = arena_printf(a, "%s/sync.sock", cfg->runtime_directory),
		.mode = 0666
	};
	size_t count = 0;
	struct supervise_process *processes =
	    sync_process_table(a, cfg, m->program_dir, &count);
	bool good =
	    sync_create_dirs(a, cfg, err) &&
	    listen_open(&control, &callbacks->control_fd, err) &&
	    supervise_open(processes, count, callbacks, &m->supervise, err);

	config_unref(cfg);
	*ret_path = control.path;
	return good;
}

static bool sync_run(struct arena *a, const char *file, struct error *err)
{
	struct sync_supervisor m = { .since = clock_now(),
		                     .program_dir = supervisor_program_dir(
					 a, "portvakt-provisioner") };
	struct supervise_callbacks callbacks = { .data = &m,
		                                 .on_event =
		                                     supervisor_log_event,
		                                 .control_fd = -1,
		                                 .on_control =
		                                     sync_control_accept };
	const char *control = NULL;

	if (!config_open(file, err) ||
	    !sync_open(a, &m, &callbacks, &control, err))
		return false;
	supervise_run(m.supervise);
	supervise_close(m.supervise);
	(void)close(callbacks.control_fd);
	(void)unlink(control);
	return true;
}

int main(int argc, char **argv)
{
	struct error err = { 0 };

	daemon_init("portvakt-sync");
	int usage = daemon_check_arguments(argc, argv, "portvakt-sync", NULL);
	if (usage >= 0)
		return usage;
	struct arena *a = arena_open();
	bool done = sync_run(a, argv[2], &err);
	if (!done)
		log_error("cannot start", "why", err.text, NULL);
	arena_close(a);
	return done ? 0 : CONFIGURATION;
}
