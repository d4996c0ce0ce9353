/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sessions.c: lists and ends login sessions, with the authorization codes and
 * tokens issued in them. */
#include "idp/admin/admin.h"
#include "idp/admin/command/session_end.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

/* Returns the session keys as 64 hex digits: one person's, or all. */
static bool admin_sessions_find(const struct admin_command *cmd,
                                const struct person *p, char ***ret_hexes,
                                size_t *ret_count, struct error *err)
{
	if (p)
		return store_set_read(admin_backends.store, cmd->cfg,
		                      cmd->arena, "person", p->id, ret_hexes,
		                      ret_count, err);
	return store_list_keys(admin_backends.store, cmd->cfg, cmd->arena,
	                       "session", ret_hexes, ret_count, err);
}

static void admin_sessions_show(const struct admin_command *cmd,
                                const char *hex, const json_t *value)
{
	const json_t *person = js_object(value, "person");

	ipc_reply_line(
	    cmd->request, "%.12s  %s  by %s  since %s  last %s  %s", hex,
	    js_string(person, "id") ?: "?", js_string(value, "method") ?: "?",
	    clock_format_iso(cmd->arena, js_number(value, "proved", 0)),
	    clock_format_iso(cmd->arena, js_number(value, "touched", 0)),
	    js_string(value, "agent") ?: "");
}

static bool admin_sessions_list(const struct admin_command *cmd,
                                const struct person *p, struct error *err)
{
	char **hexes = NULL;
	size_t count = 0;

	if (!admin_sessions_find(cmd, p, &hexes, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		json_t *value = NULL;

		if (!store_get_hashed(admin_backends.store, cmd->cfg,
		                      cmd->arena, "session", hexes[i], &value,
		                      err))
			return false;
		if (value)
			admin_sessions_show(cmd, hexes[i], value);
	}
	return true;
}

static void admin_memory_metric(const struct admin_command *cmd,
                                const char *name, const char *help,
                                long long bytes)
{
	ipc_reply_line(cmd->request, "# HELP %s %s", name, help);
	ipc_reply_line(cmd->request, "# TYPE %s gauge", name);
	ipc_reply_line(cmd->request, "%s %lld", name, bytes);
}

/* The memory of Redis: a line, or metrics. */
static bool admin_sessions_memory(const struct admin_command *cmd,
                                  struct error *err)
{
	struct store_memory memory;

	if (!store_memory_read(admin_backends.store, cmd->cfg, &memory, err))
		return false;
	if (cmd->argc > 2 && text_equal(cmd->argv[2], "--metrics")) {
		admin_memory_metric(cmd, "portvakt_session_store_used_bytes",
		                    "Memory of Redis in use.", memory.used);
		admin_memory_metric(cmd, "portvakt_session_store_max_bytes",
		                    "maxmemory of Redis; 0: no limit.",
		                    memory.most);
		return true;
	}
	ipc_reply_line(cmd->request,
	               "session-store uses %d %% of its memory (%lld of %lld "
	               "MiB)",
	               store_memory_percent(&memory), memory.used >> 20,
	               memory.most >> 20);
	return true;
}

static bool admin_end_sessions_of(const struct admin_command *cmd,
                                  const struct person *p,
                                  struct ended_services *ended,
                                  struct error *err)
{
	char **hexes = NULL;
	size_t count = 0;

	if (!admin_sessions_find(cmd, p, &hexes, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!cmd_end_session(cmd, hexes[i], "operator", ended, err))
			return false;
	return cmd_print_ended_services(cmd, ended, err);
}

bool cmd_end_sessions(const struct admin_command *cmd, const struct person *p,
                      struct error *err)
{
	struct ended_services ended = { 0 };

	if (!admin_end_sessions_of(cmd, p, &ended, err))
		return false;
	ipc_reply_line(
	    cmd->request,
	    "%zu sessions ended; earlier logins are in the audit log "
	    "under %s",
	    ended.sessions, p->id);
	return true;
}

static bool admin_sessions_end(const struct admin_command *cmd,
                               const struct person *p, struct error *err)
{
	struct ended_services ended = { 0 };

	if (!cmd_audit(cmd, p, NULL, err) ||
	    !admin_end_sessions_of(cmd, p, &ended, err))
		return false;
	ipc_reply_line(cmd->request, "%zu sessions ended", ended.sessions);
	return true;
}

bool admin_sessions(const struct admin_command *cmd, struct error *err)
{
	const struct person *p = NULL;

	if (cmd->argc < 2)
		return error_set(
		    err, ERROR_INVALID,
		    "usage: sessions list [PERSON] | end PERSON | memory");
	if (text_equal(cmd->argv[1], "memory"))
		return admin_sessions_memory(cmd, err);
	if (cmd->argc >= 3 && !cmd_find_person(cmd, cmd->argv[2], &p, err))
		return false;
	if (text_equal(cmd->argv[1], "list"))
		return admin_sessions_list(cmd, p, err);
	if (text_equal(cmd->argv[1], "end") && p)
		return admin_sessions_end(cmd, p, err);
	return error_set(err, ERROR_INVALID,
	                 "usage: sessions list [PERSON] | end PERSON | memory");
}
