/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.c: the control socket of portvakt-sync.  The supervisor itself
 * answers "processes" and "reload"; every other command is forwarded to the
 * provisioner, and a full synchronisation to each connector as well.  A command
 * that fails returns the error of the process that refused it. */
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"
#include "region/ipc/supervisor.h"
#include "sync/sync.h"

enum { FORWARD_TIMEOUT_MS = 4000 };

/* One command, and the configuration it is answered with. */
struct sync_command {
	struct arena *arena;
	struct control_request *call;
	struct sync_supervisor *supervisor;
	const struct config *cfg;
	char **argv;
};

static void sync_control_relay_line(const char *line, void *data)
{
	const struct sync_command *c = data;

	control_reply_line(c->call, line);
}

static char *sync_socket_path(const struct sync_command *c, const char *name)
{
	return arena_printf(c->arena, "%s/%s.sock", c->cfg->runtime_directory,
	                    name);
}

static bool sync_control_ask_provisioner(struct sync_command *c,
                                         struct error *err)
{
	return ipc_command(sync_socket_path(c, "provisioner"),
	                   FORWARD_TIMEOUT_MS, c->argv, sync_control_relay_line,
	                   c, err);
}

static bool sync_control_list_processes(struct sync_command *c,
                                        struct error *err)
{
	(void)err;
	control_reply_status(c->call, "portvakt-sync", c->supervisor->since,
	                     c->supervisor->supervise);
	return true;
}

/* Requests a full synchronisation from the provisioner and from every
 * connector. */
static bool sync_control_full_sync(struct sync_command *c, struct error *err)
{
	char *argv[] = { arena_strdup(c->arena, "full"), NULL };
	bool good = sync_control_ask_provisioner(c, err);

	for (size_t i = 0; i < c->cfg->directory_count && good; i++)
		good = ipc_command(
		    sync_socket_path(c,
		                     arena_printf(c->arena, "connector@%s",
		                                  c->cfg->directories[i].name)),
		    FORWARD_TIMEOUT_MS, argv, sync_control_relay_line, c, err);
	return good;
}

/* ---- reload */

/* Prepares the configuration in a process, or activates it. */
static bool reload_send_one(struct sync_command *c, const char *name,
                            bool activate, const char *hash, struct error *err)
{
	struct ipc_client *k =
	    ipc_client_open(sync_socket_path(c, name), 1, FORWARD_TIMEOUT_MS);
	const struct config_prepare_request prepare = { .hash = hash };
	const struct config_activate_request request = { .hash = hash };
	struct config_prepare_reply prepared = { 0 };
	struct error inner = { 0 };
	bool good = activate ? config_activate_call(k, c->arena, NULL, &request,
	                                            NULL, &inner)
	                     : config_prepare_call(k, c->arena, NULL, &prepare,
	                                           &prepared, &inner);

	ipc_client_close(k);
	if (!good)
		return error_set(err, inner.kind, "%s: %s", name, inner.text);
	return activate || text_equal(prepared.hash, hash) ||
	       error_set(err, ERROR_INVALID,
	                 "%s read a different configuration", name);
}

static bool reload_send_all(struct sync_command *c, bool activate,
                            const char *hash, struct error *err)
{
	const struct supervise_process_status *rows = NULL;
	size_t count = supervise_status(c->supervisor->supervise, &rows);

	for (size_t i = 0; i < count; i++)
		if (rows[i].pid != 0 &&
		    !reload_send_one(c, rows[i].name, activate, hash, err))
			return false;
	return true;
}

static bool reload_processes(struct sync_command *c, const struct config *next,
                             struct error *err)
{
	size_t count = 0;
	struct supervise_process *processes = sync_process_table(
	    c->arena, next, c->supervisor->program_dir, &count);

	return supervise_reconfigure(c->supervisor->supervise, processes, count,
	                             err);
}

/* With a hash portvakt-idp has made that copy active; without one this is the
 * only supervisor, or the one that is asked. */
static bool sync_control_do_reload(struct sync_command *c, struct error *err)
{
	const char *hash = c->argv[1];
	struct config *next = NULL;

	if (!hash && (!supervisor_prepare_config(c->call, &hash, err) ||
	              !supervisor_accept_config(c->arena, hash, err)))
		return false;
	bool good = supervisor_load_config(c->arena, hash, &next, err) &&
	            reload_send_all(c, false, hash, err) &&
	            reload_send_all(c, true, hash, err) &&
	            config_activate(hash, err) &&
	            reload_processes(c, next, err);

	config_unref(next);
	return good;
}

/* ---- the socket */

static bool sync_control_run(struct control_request *call,
                             bool (*handler)(struct sync_command *c,
                                             struct error *err),
                             struct error *err)
{
	struct config *cfg = config_current();
	struct sync_command c = { call->arena, call, call->supervisor, cfg,
		                  call->args };
	bool good = handler(&c, err);

	config_unref(cfg);
	return good;
}

static bool command_processes(struct control_request *c, struct error *err)
{
	return sync_control_run(c, sync_control_list_processes, err);
}

static bool command_forward(struct control_request *c, struct error *err)
{
	return sync_control_run(c, sync_control_ask_provisioner, err);
}

static bool command_full_sync(struct control_request *c, struct error *err)
{
	return sync_control_run(c, sync_control_full_sync, err);
}

static bool command_reload(struct control_request *c, struct error *err)
{
	return sync_control_run(c, sync_control_do_reload, err);
}

void sync_control_accept(void *supervisor, int listening)
{
	static const struct control_command commands[] = {
		{ "processes", command_processes },
		{ "status", command_forward },
		{ "full", command_full_sync },
		{ "pending", command_forward },
		{ "held", command_forward },
		{ "groups", command_forward },
		{ "changes", command_forward },
		{ "feide", command_forward },
		{ "school-year", command_forward },
		{ "export-ldif", command_forward },
		{ "health", command_forward },
		{ "dry-run", command_forward },
		{ "preview", command_forward },
		{ "attention", command_forward },
		{ "not-taken", command_forward },
		{ "check-values", command_forward },
		{ "links", command_forward },
		{ "reload-overrides", command_forward },
		{ "person", command_forward },
		{ "quarantine", command_forward },
		{ "purge-ids", command_forward },
		/* The provisioner starts with an empty cache; every connector
		 * resends. */
		{ "purge-cache", command_full_sync },
		{ "reload", command_reload },
		{ NULL, NULL },
	};

	control_socket_serve(supervisor, listening, commands);
}
