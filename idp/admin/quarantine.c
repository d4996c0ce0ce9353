/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine.c: prints the entries that sync could not match to a person. */
#include "idp/admin/admin.h"
#include "lib/strbuf.h"

bool admin_quarantine(const struct admin_command *cmd, struct error *err)
{
	if (cmd->argc == 1 || text_equal(cmd->argv[1], "list") ||
	    (cmd->argc == 3 && text_equal(cmd->argv[1], "show")))
		return cmd_call_sync(cmd, cmd->argv, cmd_relay_line,
		                     (void *)cmd, err);
	return error_set(err, ERROR_INVALID,
	                 "usage: quarantine [list] | show ENTRY");
}
