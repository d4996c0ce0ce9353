/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_verify.c: has portvakt-audit verify its log against the heads that
 * portvakt-signer signed. No other process may read the log. */
#include "idp/admin/admin.h"

#include "lib/strbuf.h"

enum { VERIFY_TIMEOUT_MS = 60 * 1000 };

static bool audit_verify_municipality(const struct admin_command *cmd,
                                      struct ipc_client *audit,
                                      const char *municipality)
{
	const struct audit_verify_request request = { municipality };
	struct audit_verify_reply reply;
	struct error err = { 0 };

	if (!audit_verify_call(audit, cmd->arena, cmd->cfg->hash, &request,
	                       &reply, &err)) {
		ipc_reply_line(cmd->request, "%-14s FAILED: %s", municipality,
		               err.text);
		return false;
	}
	ipc_reply_line(
	    cmd->request,
	    "%-14s verified: %lld files, %lld lines, %lld signed heads, "
	    "%lld lines not signed yet",
	    municipality, reply.files, reply.lines, reply.heads,
	    reply.unsigned_lines);
	return true;
}

static bool audit_verify_all(const struct admin_command *cmd,
                             struct ipc_client *audit)
{
	bool good = audit_verify_municipality(cmd, audit, "region");

	for (size_t i = 0; i < cmd->cfg->municipality_count; i++)
		if (!audit_verify_municipality(
			cmd, audit, cmd->cfg->municipalities[i].name))
			good = false;
	return good;
}

bool admin_audit_verify(const struct admin_command *cmd, struct error *err)
{
	const char *only = cmd->argc > 2 ? cmd->argv[2] : NULL;

	if (only && !text_equal(only, "region") &&
	    !config_municipality(cmd->cfg, only))
		return error_set(err, ERROR_INVALID, "unknown municipality %s",
		                 only);
	struct ipc_client *audit =
	    ipc_client_open(arena_printf(cmd->arena, "%s/audit.sock",
	                                 cmd->cfg->runtime_directory),
	                    1, VERIFY_TIMEOUT_MS);
	bool good = only ? audit_verify_municipality(cmd, audit, only)
	                 : audit_verify_all(cmd, audit);

	ipc_client_close(audit);
	return good || error_set(err, ERROR_REFUSED,
	                         "the audit log was changed or is incomplete");
}
