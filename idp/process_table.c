/* SPDX-License-Identifier: AGPL-3.0-or-later
 * process_table.c: the processes of portvakt-idp: the fixed ones, an ldap-auth
 * process per directory, and a plugin-host process per municipality that has
 * plugins; the last two start on the first connection to their socket. */
#include "idp/process_table.h"

#include <grp.h>

#include "lib/process/identity.h"
#include "region/ipc/supervisor.h"

enum {
	WEB_STOP_TIMEOUT_MS = 30 * 1000,
	SLAPD_SOCK_STOP_TIMEOUT_MS = 5 * 1000,
	MODE_IPC = 0666,
	MODE_GROUP = 0660
};

static const char proxy_group[] = "haproxy";
static const char slapd_group[] = "openldap";
const char *const process_socket_groups[] = { proxy_group, slapd_group, NULL };

/* Clients are authorized by SO_PEERCRED, not by the socket's mode: they run as
 * different users. */
static const char *const ipc_processes[] = { "signer", "audit", "revocation",
	                                     "admin" };

static const char **process_argv(struct arena *a, const struct config *cfg,
                                 const char *program, const char *instance)
{
	const char **argv = arena_array(a, const char *, 5);
	size_t n = 0;

	argv[n++] = program;
	argv[n++] = "-c";
	argv[n++] = cfg->source;
	if (instance)
		argv[n++] = instance;
	return argv;
}

static struct supervise_process process_entry(struct arena *a,
                                              const struct config *cfg,
                                              const char *program_dir,
                                              const char *process,
                                              const char *instance)
{
	const char *program =
	    arena_printf(a, "%s/portvakt-%s", program_dir, process);

	return (struct supervise_process){
		.name = instance ? arena_printf(a, "%s@%s", process, instance)
		                 : process,
		.program = program,
		.argv = process_argv(a, cfg, program, instance),
		.user = supervisor_user(a, process),
	};
}

static struct listen_socket process_ipc_socket(struct arena *a,
                                               const struct config *cfg,
                                               const char *name)
{
	return (struct listen_socket){
		.path =
		    arena_printf(a, "%s/%s.sock", cfg->runtime_directory, name),
		.mode = MODE_IPC,
	};
}

static struct supervise_process process_instance(struct arena *a,
                                                 const struct config *cfg,
                                                 const char *program_dir,
                                                 const char *process,
                                                 const char *instance)
{
	struct supervise_process one =
	    process_entry(a, cfg, program_dir, process, instance);

	one.socket = process_ipc_socket(a, cfg, one.name);
	one.start = SUPERVISE_START_ON_DEMAND;
	return one;
}

/* The client of `http` is trusted to state the browser's address, and the
 * client of `bind` may test passwords.  So the sockets belong to the groups of
 * the reverse proxy and of slapd, where each process has its user. */
static struct listen_socket process_group_socket(struct arena *a,
                                                 const struct config *cfg,
                                                 const char *name,
                                                 const char *group)
{
	struct listen_socket at = {
		.path = arena_printf(a, "%s/%s", cfg->runtime_directory, name),
		.type = LISTEN_STREAM
	};

	if (identity_can_change() && getgrnam(group)) {
		at.mode = MODE_GROUP;
		at.group = group;
	}
	return at;
}

static struct supervise_process web_process(struct arena *a,
                                            const struct config *cfg,
                                            const char *program_dir)
{
	struct supervise_process one =
	    process_entry(a, cfg, program_dir, "web", NULL);

	one.socket = process_group_socket(a, cfg, "http", proxy_group);
	one.second_socket = process_ipc_socket(a, cfg, "web");
	one.stop_timeout = WEB_STOP_TIMEOUT_MS;
	return one;
}

/* Not started in a region without a slapd replica. */
static struct supervise_process slapd_sock_process(struct arena *a,
                                                   const struct config *cfg,
                                                   const char *program_dir)
{
	struct supervise_process one =
	    process_entry(a, cfg, program_dir, "slapd-sock", NULL);

	one.socket = process_group_socket(a, cfg, "slapd-sock", slapd_group);
	/* slapd takes a closed connection for success
	 * (idp/slapd_sock/sock_protocol.h). */
	one.socket.busy_reply = "RESULT\ncode: 52\n\n";
	one.second_socket = process_ipc_socket(a, cfg, "slapd-sock");
	one.start = SUPERVISE_START_ON_DEMAND;
	one.stop_timeout = SLAPD_SOCK_STOP_TIMEOUT_MS;
	return one;
}

struct supervise_process *process_table_build(struct arena *a,
                                              const struct config *cfg,
                                              const char *program_dir,
                                              size_t *ret_count)
{
	struct supervise_process *roles =
	    arena_array(a, struct supervise_process,
	                LENGTH(ipc_processes) + cfg->directory_count +
	                    cfg->municipality_count + 3);
	size_t n = 0;

	for (size_t i = 0; i < LENGTH(ipc_processes); i++) {
		roles[n] =
		    process_entry(a, cfg, program_dir, ipc_processes[i], NULL);
		roles[n++].socket =
		    process_ipc_socket(a, cfg, ipc_processes[i]);
	}
	roles[n++] = web_process(a, cfg, program_dir);
	roles[n++] = slapd_sock_process(a, cfg, program_dir);
	for (size_t i = 0; i < cfg->directory_count; i++)
		roles[n++] = process_instance(a, cfg, program_dir, "ldap-auth",
		                              cfg->directories[i].name);
	for (size_t i = 0; i < cfg->municipality_count; i++)
		if (cfg->municipalities[i].plugin_count > 0)
			roles[n++] =
			    process_instance(a, cfg, program_dir, "plugin-host",
			                     cfg->municipalities[i].name);
	if (cfg->plugin_count > 0)
		roles[n++] = process_instance(a, cfg, program_dir,
		                              "plugin-host", "region");
	*ret_count = n;
	return roles;
}

/* ---- state directories */

/* A plugin host creates the directory of its municipality within its own. */
static const struct supervisor_directory state_directories[] = {
	{ "signer", "portvakt-signer", 0700 },
	{ "audit", "portvakt-audit", 0700 },
	{ "revocation", "portvakt-revocation", 0700 },
	{ "admin", "portvakt-admin", 0700 },
	{ "plugin-host", "portvakt-plugin-host", 0700 },
	{ NULL, NULL, 0 },
};

bool process_open_dirs(struct arena *a, const struct config *cfg,
                       struct error *err)
{
	return supervisor_create_dir(cfg->runtime_directory, 0755, err) &&
	       supervisor_open_state(a, cfg, state_directories, err);
}
