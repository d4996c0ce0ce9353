/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy.c: `policy diff` prints what a reload would change about access. */
#include "idp/admin/admin.h"
#include "idp/admin/command/weighing.h"
#include "lib/strbuf.h"

bool admin_policy(const struct admin_command *cmd, struct error *err)
{
	bool names = cmd->argc == 3 && text_equal(cmd->argv[2], "--names");
	bool held;

	if (cmd->argc < 2 || !text_equal(cmd->argv[1], "diff") ||
	    (cmd->argc > 2 && !names))
		return error_set(err, ERROR_INVALID,
		                 "usage: policy diff [--names]");
	struct config *after = admin_draft(cmd, err);

	if (!after)
		return false;
	bool done = weighing_run(cmd, after, names, &held, err);

	if (done && text_equal(after->hash, cmd->cfg->hash))
		ipc_reply_line(cmd->request,
		               "the files are those that are active");
	else if (done)
		ipc_reply_line(
		    cmd->request, "%.16s: %s", after->hash,
		    held ? "a reload waits until these effects are accepted"
			 : "a reload activates this");
	config_unref(after);
	return done;
}
