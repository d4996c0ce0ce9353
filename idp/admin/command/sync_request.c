/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sync_request.c: requests of admin to the control socket of portvakt-sync. */
#include "idp/admin/command/command.h"
#include "region/ipc/ipc_client.h"

enum { SYNC_TIMEOUT_MS = 10000 };

void cmd_ignore_line(const char *line, void *data)
{
	(void)line;
	(void)data;
}

void cmd_relay_line(const char *line, void *data)
{
	const struct admin_command *cmd = data;

	ipc_reply_line(cmd->request, "%s", line);
}

bool cmd_call_sync(const struct admin_command *cmd, char **argv,
                   void (*each)(const char *line, void *data), void *data,
                   struct error *err)
{
	char *path = arena_printf(cmd->arena, "%s/sync.sock",
	                          cmd->cfg->runtime_directory);

	return ipc_command(path, SYNC_TIMEOUT_MS, argv, each ?: cmd_ignore_line,
	                   data, err);
}

/* Sync also reads ou=decisions every minute. */
void cmd_notify_sync(const struct admin_command *cmd)
{
	char *argv[] = { arena_strdup(cmd->arena, "reload-overrides"), NULL };
	struct error err = { 0 };

	if (!cmd_call_sync(cmd, argv, NULL, NULL, &err))
		ipc_reply_line(cmd->request,
		               "portvakt-sync does not respond (%s); it reads "
		               "overrides again within a minute",
		               err.text);
}
