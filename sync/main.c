/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-sync, the supervisor of identity synchronisation: many
 * source directories into one LDAP catalogue.  It starts the connectors, the
 * provisioner, the id-crypto process (portvakt-signer --sync) and
 * portvakt-feide, and restarts one that ends. */
#include <unistd.h>

#include "lib/clock.h"
#include "region/ipc/daemon_main.h"
#include "region/ipc/supervisor.h"
#include "sync/sync.h"

/* Only the provisioner has state on disk. */
static const struct supervisor_directory state_directories[] = {
	{ "sync", "portvakt-provisioner", 0700 },
	{ NULL, NULL, 0 },
};

static bool sync_open_dirs(struct arena *a, const struct config *cfg,
                           struct error *err)
{
	return supervisor_create_dir(cfg->runtime_directory, 0755, err) &&
	       supervisor_open_state(a, cfg, state_directories, err);
}

static struct sync_supervisor supervisor;
static struct supervise_callbacks callbacks = {
	.data = &supervisor,
	.on_event = supervisor_log_event,
	.control_fd = -1,
	.on_control = sync_control_accept,
};
static struct listen_socket control = { .mode = 0666 };

static bool sync_init(struct daemon *d, const struct config *cfg,
                      struct error *err)
{
	size_t count = 0;

	supervisor.since = clock_now();
	supervisor.program_dir =
	    supervisor_program_dir(d->arena, "portvakt-provisioner");
	control.path =
	    arena_printf(d->arena, "%s/sync.sock", cfg->runtime_directory);
	struct supervise_process *processes =
	    sync_process_table(d->arena, cfg, supervisor.program_dir, &count);

	return sync_open_dirs(d->arena, cfg, err) &&
	       listen_open(&control, &callbacks.control_fd, err) &&
	       supervise_open(processes, count, &callbacks,
	                      &supervisor.supervise, err);
}

static void sync_run(struct daemon *d)
{
	(void)d;
	supervise_run(supervisor.supervise);
	supervise_close(supervisor.supervise);
	(void)close(callbacks.control_fd);
	(void)unlink(control.path);
}

static const char *const process_users[] = {
	"portvakt-connector",
	"portvakt-provisioner",
	"portvakt-id-crypto",
	"portvakt-feide",
	/* It checks the plugins of a configuration that is not active yet. */
	"portvakt-plugin-host",
	NULL,
};

int main(int argc, char **argv)
{
	const struct identity_names names = { supervisor_own_user,
		                              process_users, NULL };
	const struct daemon_program program = {
		.program = "portvakt-sync",
		.is_supervisor = true,
		.needs = CONFINE_SUPERVISE,
		.names = &names,
		.init = sync_init,
		.run = sync_run,
	};

	return daemon_main(&program, argc, argv);
}
