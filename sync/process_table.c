/* SPDX-License-Identifier: AGPL-3.0-or-later
 * process_table.c: the process table of portvakt-sync: which programs run, as
 * which user, with which arguments and socket. */
#include "region/ipc/supervisor.h"
#include "sync/sync.h"

enum { MODE_IPC = 0666 }; /* callers are checked by SO_PEERCRED */

static struct supervise_process sync_process(struct arena *a,
                                             const struct config *cfg,
                                             const char *program_dir,
                                             const char *name,
                                             const char *argument)
{
	const char *program =
	    arena_printf(a, "%s/portvakt-%s", program_dir, name);
	const char **argv = arena_array(a, const char *, 5);

	argv[0] = program;
	argv[1] = "-c";
	argv[2] = cfg->source;
	argv[3] = argument;
	return (struct supervise_process){
		.name = name,
		.program = program,
		.argv = argv,
		.user = supervisor_user(a, name),
		.socket = { .path = arena_printf(a, "%s/%s.sock",
		                                 cfg->runtime_directory, name),
		            .mode = MODE_IPC },
	};
}

static struct supervise_process id_crypto_process(struct arena *a,
                                                  const struct config *cfg,
                                                  const char *program_dir)
{
	struct supervise_process process =
	    sync_process(a, cfg, program_dir, "signer", "--sync");

	process.name = "id-crypto";
	/* A user of its own, which cannot read the keys of logins. */
	process.user = supervisor_user(a, process.name);
	process.socket.path =
	    arena_printf(a, "%s/id-crypto.sock", cfg->runtime_directory);
	return process;
}

static struct supervise_process connector_process(struct arena *a,
                                                  const struct config *cfg,
                                                  const char *program_dir,
                                                  const char *name)
{
	struct supervise_process process =
	    sync_process(a, cfg, program_dir, "connector", name);

	process.name = arena_printf(a, "connector@%s", name);
	process.socket.path =
	    arena_printf(a, "%s/%s.sock", cfg->runtime_directory, process.name);
	return process;
}

/* National identity numbers are published for the school owners whose agreement
 * with Feide allows it; without one portvakt-feide does not run. */
static bool any_owner_publishes_nin(const struct config *cfg)
{
	for (size_t i = 0; i < cfg->municipality_count; i++)
		if (cfg->municipalities[i].feide &&
		    cfg->municipalities[i].feide->national_id)
			return true;
	return false;
}

struct supervise_process *sync_process_table(struct arena *a,
                                             const struct config *cfg,
                                             const char *program_dir,
                                             size_t *ret_count)
{
	struct supervise_process *processes =
	    arena_array(a, struct supervise_process, cfg->directory_count + 3);
	size_t n = 0;

	processes[n++] = id_crypto_process(a, cfg, program_dir);
	processes[n++] = sync_process(a, cfg, program_dir, "provisioner", NULL);
	for (size_t i = 0; i < cfg->directory_count; i++)
		processes[n++] = connector_process(a, cfg, program_dir,
		                                   cfg->directories[i].name);
	if (any_owner_publishes_nin(cfg))
		processes[n++] =
		    sync_process(a, cfg, program_dir, "feide", NULL);
	*ret_count = n;
	return processes;
}
