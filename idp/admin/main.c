/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-admin, which serves requests of portvaktctl. It writes
 * roles and overrides to the catalogue; no code of the public web is linked
 * in. */
#include "idp/admin/admin.h"
#include "idp/admin/offboard/offboarding.h"
#include "idp/admin/reload/reload.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/daemon_main.h"

enum {
	CATALOGUE_CONNECTIONS = 2,
	MAX_REQUESTS = 16,
	MAX_ARGUMENTS = 32, /* of a command */
	AUDIT_TIMEOUT_MS = 200,
	SIGNER_TIMEOUT_MS = 500
};

static const struct {
	const char *name;
	bool (*run)(const struct admin_command *cmd, struct error *err);
} admin_commands[] = {
	{ "reload", admin_reload },     { "person", admin_person },
	{ "explain", admin_explain },   { "audit", admin_audit },
	{ "sessions", admin_sessions }, { "role", admin_role },
	{ "service", admin_service },   { "keys", admin_keys },
	{ "override", admin_override }, { "quarantine", admin_quarantine },
	{ "link", admin_link },         { "offboard", admin_offboard },
	{ "import", admin_import },     { "sync", admin_sync },
	{ "lockout", admin_lockout },   { "plugin", admin_plugin },
	{ "policy", admin_policy },     { "facts", admin_facts },
};

static bool admin_parse_command(const struct ipc_request *req,
                                const struct command_request *request,
                                struct admin_command *ret)
{
	if (request->args_count == 0 || request->args_count > MAX_ARGUMENTS)
		return false;
	ret->argc = request->args_count;
	ret->argv = arena_array(req->arena, char *, ret->argc + 1);
	for (size_t i = 0; i < ret->argc; i++)
		ret->argv[i] = arena_strdup(req->arena, request->args[i]);
	return true;
}

static bool handle_command(const struct ipc_request *req,
                           const struct command_request *request,
                           struct command_reply *reply, struct error *err)
{
	struct admin_command cmd = { .request = req,
		                     .arena = req->arena,
		                     .cfg = req->cfg };

	(void)reply;
	if (!admin_parse_command(req, request, &cmd))
		return error_set(err, ERROR_INVALID,
		                 "the request has no command");
	for (size_t i = 0; i < LENGTH(admin_commands); i++)
		if (text_equal(admin_commands[i].name, cmd.argv[0]))
			return admin_commands[i].run(&cmd, err);
	return error_set(err, ERROR_INVALID, "unknown command %s", cmd.argv[0]);
}

static const struct ipc_handlers admin_handlers = {
	.command = handle_command,
	.link_proved = admin_link_proved,
	.emergency_list = admin_emergency_list,
	.supervisor_started = admin_supervisor_started,
};

static void admin_open_backends(const struct config *cfg, struct arena *a)
{
	admin_backends.signer = ipc_client_open(
	    arena_printf(a, "%s/signer.sock", cfg->runtime_directory), 4,
	    SIGNER_TIMEOUT_MS);
	admin_backends.audit = ipc_client_open(
	    arena_printf(a, "%s/audit.sock", cfg->runtime_directory), 4,
	    AUDIT_TIMEOUT_MS);
	admin_backends.store = store_open(admin_backends.signer);
	admin_backends.catalogue = catalogue_open(CATALOGUE_CONNECTIONS);
	admin_backends.plugin_hosts = plugin_host_client_open();
}

static bool admin_init(struct daemon *d, const struct config *cfg,
                       struct error *err)
{
	admin_open_backends(cfg, d->arena);
	if (!offboard_scheduler_start(err))
		log_event(LOG_OFFBOARD_SCHEDULER_FAILED, "error", err->text,
		          NULL);
	return true;
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-admin",
		.memory_mib = 1024,
		.needs = CONFINE_NETWORK | CONFINE_FILES,
		.state = "admin",
		.init = admin_init,
		.role = "admin",
		.handlers = &admin_handlers,
		.connections = MAX_REQUESTS,
	};

	return daemon_main(&program, argc, argv);
}
