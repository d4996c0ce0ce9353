/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin.c: lists what each plugin host runs, and returns to the previous
 * version of a plugin. */
#include "idp/admin/admin.h"

#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"

/* A host that is not running is started by the request, and a rollback loads
 * and checks the version. */
enum { PLUGIN_CALL_TIMEOUT_MS = 10 * 1000 };

static struct ipc_client *admin_plugin_host(const struct admin_command *cmd,
                                            const char *owner)
{
	return ipc_client_open(arena_printf(cmd->arena,
	                                    "%s/plugin-host@%s.sock",
	                                    cmd->cfg->runtime_directory, owner),
	                       1, PLUGIN_CALL_TIMEOUT_MS);
}

static void admin_plugin_list_host(const struct admin_command *cmd,
                                   const char *owner, size_t plugins)
{
	const struct plugin_list_request request = { 0 };
	struct plugin_list_reply reply = { 0 };
	struct error err = { 0 };

	if (plugins == 0)
		return;
	struct ipc_client *client = admin_plugin_host(cmd, owner);
	bool done =
	    plugin_list_call(client, cmd->arena, NULL, &request, &reply, &err);

	ipc_client_close(client);
	if (!done)
		ipc_reply_line(cmd->request, "%s: %s", owner, err.text);
	for (size_t i = 0; done && i < reply.lines_count; i++)
		ipc_reply_line(cmd->request, "%s", reply.lines[i]);
}

static void admin_plugin_list(const struct admin_command *cmd)
{
	const struct config *cfg = cmd->cfg;

	admin_plugin_list_host(cmd, "region", cfg->plugin_count);
	for (size_t i = 0; i < cfg->municipality_count; i++)
		admin_plugin_list_host(cmd, cfg->municipalities[i].name,
		                       cfg->municipalities[i].plugin_count);
}

static bool admin_plugin_rollback(const struct admin_command *cmd,
                                  struct error *err)
{
	const char *owner = cmd->argv[2];
	const struct plugin_rollback_request request = { .plugin =
		                                             cmd->argv[3] };

	if (!text_equal(owner, "region") &&
	    !config_municipality(cmd->cfg, owner))
		return error_set(err, ERROR_INVALID,
		                 "there is no municipality \"%s\"", owner);
	if (!cmd_require_by_and_reason(cmd, err) ||
	    !cmd_audit(cmd, NULL, NULL, err))
		return false;
	struct ipc_client *client = admin_plugin_host(cmd, owner);
	bool done =
	    plugin_rollback_call(client, cmd->arena, NULL, &request, NULL, err);

	ipc_client_close(client);
	if (done)
		admin_plugin_list(cmd);
	return done;
}

bool admin_plugin(const struct admin_command *cmd, struct error *err)
{
	if (cmd->argc == 2 && text_equal(cmd->argv[1], "list")) {
		admin_plugin_list(cmd);
		return true;
	}
	if (cmd->argc >= 4 && text_equal(cmd->argv[1], "rollback"))
		return admin_plugin_rollback(cmd, err);
	return error_set(err, ERROR_INVALID,
	                 "usage: plugin list | plugin rollback OWNER NAME "
	                 "--by NAME --reason TEXT");
}
