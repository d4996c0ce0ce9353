/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine.c: prints the entries that sync could not match to a person, and
 * ends a decision about one. */
#include "idp/admin/admin.h"
#include "lib/strbuf.h"

bool admin_quarantine(const struct admin_command *cmd, struct error *err)
{
	if (cmd->argc == 4 && text_equal(cmd->argv[1], "list") &&
	    cmd_option(cmd, "late"))
		return admin_late_list(cmd, cmd_option(cmd, "late"), err);
	if (cmd->argc == 1 || text_equal(cmd->argv[1], "list") ||
	    (cmd->argc == 3 && text_equal(cmd->argv[1], "show")))
		return cmd_call_sync(cmd, cmd->argv, cmd_relay_line,
		                     (void *)cmd, err);
	size_t count = 0;
	char **operands = cmd_operands(cmd, 1, &count);
	if (count == 2 && text_equal(operands[0], "undo"))
		return admin_link_undo(cmd, operands[1], err);
	return error_set(
	    err, ERROR_INVALID,
	    "usage: quarantine [list [--late DIRECTORY]] | show ENTRY | "
	    "undo ENTRY --by NAME --reason TEXT");
}
