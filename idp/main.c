/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-idp, the supervisor: creates the sockets, starts the
 * processes and restarts those that exit.  It parses no data from the network
 * and holds no secrets. */
#include <unistd.h>

#include "idp/process_table.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/daemon_main.h"
#include "region/ipc/ipc_client.h"
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
	control_reply_kept(c);
	return true;
}

static bool idp_control_prepare(struct control_request *c, struct error *err)
{
	const char *hash = NULL;

	if (!supervisor_prepare_config(c, &hash, err))
		return false;
	control_reply_line(c, arena_printf(c->arena, "prepared %s", hash));
	return true;
}

static bool idp_control_has_hash(const struct control_request *c,
                                 struct error *err)
{
	return c->args[1] ||
	       error_set(err, ERROR_INVALID, "usage: %s HASH", c->args[0]);
}

static bool idp_control_accept_config(struct control_request *c,
                                      struct error *err)
{
	return idp_control_has_hash(c, err) &&
	       supervisor_accept_config(c->arena, c->args[1], err);
}

static bool idp_control_hold(struct control_request *c, struct error *err)
{
	return idp_control_has_hash(c, err) &&
	       supervisor_hold_config(c->arena, c->args[1], err);
}

static bool idp_control_works(struct control_request *c, struct error *err)
{
	return idp_control_has_hash(c, err) &&
	       supervisor_note_working(c->arena, c->args[1], err);
}

/* admin has already sent prepare and activate to every other process; only the
 * process table changes here. */
static bool idp_control_reload(struct control_request *c, struct error *err)
{
	struct idp_supervisor *m = c->supervisor;
	struct arena *a = c->arena;
	struct config *next;
	size_t count = 0;

	if (!idp_control_has_hash(c, err) ||
	    !supervisor_load_config(a, c->args[1], &next, err))
		return false;
	struct supervise_process *roles =
	    process_table_build(a, next, m->program_dir, &count);
	bool ok = process_open_dirs(a, next, err) &&
	          supervise_reconfigure(m->supervise, roles, count, err) &&
	          config_activate(next->hash, err) &&
	          supervisor_note_working(a, next->hash, err);

	config_unref(next);
	return ok;
}

static void idp_control_accept(void *thing, int listen_fd)
{
	static const struct control_command commands[] = {
		{ "status", idp_control_status },
		{ "prepare", idp_control_prepare },
		{ "accept", idp_control_accept_config },
		{ "hold", idp_control_hold },
		{ "works", idp_control_works },
		{ "reload", idp_control_reload },
		{ NULL, NULL },
	};

	control_socket_serve(thing, listen_fd, commands);
}

/* ---- start -------------------------------------------------------------- */

static struct idp_supervisor supervisor;
static struct supervise_callbacks callbacks = {
	.data = &supervisor,
	.on_event = supervisor_log_event,
	.control_fd = -1,
	.on_control = idp_control_accept,
};
static struct listen_socket control = { .mode = 0666 };

static bool idp_init(struct daemon *d, const struct config *cfg,
                     struct error *err)
{
	size_t count = 0;

	supervisor.started_at = clock_now();
	supervisor.program_dir =
	    supervisor_program_dir(d->arena, "portvakt-web");
	control.path =
	    arena_printf(d->arena, "%s/idp.sock", cfg->runtime_directory);
	struct supervise_process *roles =
	    process_table_build(d->arena, cfg, supervisor.program_dir, &count);

	return process_open_dirs(d->arena, cfg, err) &&
	       listen_open(&control, &callbacks.control_fd, err) &&
	       supervise_open(roles, count, &callbacks, &supervisor.supervise,
	                      err);
}

/* The request waits in the socket until portvakt-admin has started. */
static void idp_notify_admin(struct daemon *d)
{
	const struct supervisor_started_request request = {
		.change_waits = supervisor_change_is_waiting()
	};
	struct config *cfg = config_current();
	struct error err = { 0 };
	own(release_json) json_t *body = NULL;

	if (!supervisor_started_request_write(&request, &body, &err) ||
	    !ipc_send(
		arena_printf(d->arena, "%s/admin.sock", cfg->runtime_directory),
		IPC_SUPERVISOR_STARTED, body, &err))
		log_event(LOG_CONFIG_CHANGE_WAITS, "error", err.text, NULL);
	config_unref(cfg);
}

static void idp_run(struct daemon *d)
{
	idp_notify_admin(d);
	supervise_run(supervisor.supervise);
	supervise_close(supervisor.supervise);
	(void)close(callbacks.control_fd);
	(void)unlink(control.path);
}

static const char *const process_users[] = {
	"portvakt-web",         "portvakt-signer",     "portvakt-ldap-auth",
	"portvakt-plugin-host", "portvakt-audit",      "portvakt-revocation",
	"portvakt-admin",       "portvakt-slapd-sock", NULL,
};

int main(int argc, char **argv)
{
	const struct identity_names names = { supervisor_own_user,
		                              process_users,
		                              process_socket_groups };
	const struct daemon_program program = {
		.program = "portvakt-idp",
		.is_supervisor = true,
		.needs = CONFINE_SUPERVISE,
		.names = &names,
		.init = idp_init,
		.run = idp_run,
	};

	return daemon_main(&program, argc, argv);
}
