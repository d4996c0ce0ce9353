/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reload.c: activates a changed configuration in all processes or in none. The
 * files are checked here first, so all errors are reported at once; then every
 * running process prepares them; when all have, all activate. */
#include "idp/admin/admin.h"

#include <unistd.h>

#include "lib/strbuf.h"

enum { CALL_TIMEOUT_MS = 5000 };

/* A running process, by the name of its socket. */
struct running_process {
	const char *name;
	bool is_running;
};

struct running_processes {
	struct running_process *at;
	size_t count;
};

static bool reload_check_files(const struct admin_command *cmd,
                               struct error *err)
{
	struct conf_errors wrong = { 0 };
	struct config *cfg = config_load(cmd->arena, cmd->cfg->file, &wrong);

	if (cfg) {
		config_unref(cfg);
		return true;
	}
	for (size_t i = 0; i < wrong.count; i++)
		ipc_reply_line(cmd->request, "%s:%d:%d: %s", wrong.at[i].file,
		               wrong.at[i].line, wrong.at[i].column,
		               wrong.at[i].text);
	return error_set(err, ERROR_INVALID,
	                 "nothing was changed: %zu errors in the configuration",
	                 wrong.count);
}

struct process_listing {
	struct arena *arena;
	struct running_processes *processes;
};

/* Reads a status line of the supervisor: name pid since. A process with pid 0
 * is not running and will read the new files when it starts. A warning has no
 * pid. */
static void reload_on_status_line(const char *line, void *data)
{
	struct process_listing *l = data;
	size_t count = 0;
	char **fields = text_split(l->arena, line, " ", &count);
	long long pid;

	if (count < 2 || !text_to_number(fields[1], 1, 1LL << 31, &pid) ||
	    text_equal(fields[0], "portvakt-idp") ||
	    text_equal(fields[0], "admin") || l->processes->count == 256)
		return;
	l->processes->at[l->processes->count++] =
	    (struct running_process){ fields[0], true };
}

static bool reload_list_processes(const struct admin_command *cmd,
                                  struct running_processes *ret,
                                  struct error *err)
{
	char status[] = "status", *argv[] = { status, NULL };
	struct process_listing l = { cmd->arena, ret };

	ret->at = arena_array(cmd->arena, struct running_process, 256);
	return ipc_command(arena_printf(cmd->arena, "%s/idp.sock",
	                                cmd->cfg->runtime_directory),
	                   CALL_TIMEOUT_MS, argv, reload_on_status_line, &l,
	                   err);
}

/* One step of a reload in the process of client. */
typedef bool reload_step(struct ipc_client *client, struct arena *a,
                         const char *hash, struct error *err);

static bool reload_prepare(struct ipc_client *client, struct arena *a,
                           const char *hash, struct error *err)
{
	const struct config_prepare_request request = { 0 };
	struct config_prepare_reply reply;

	return config_prepare_call(client, a, NULL, &request, &reply, err) &&
	       (text_equal(reply.hash, hash) ||
	        error_set(err, ERROR_INVALID,
	                  "process read a different configuration"));
}

static bool reload_activate(struct ipc_client *client, struct arena *a,
                            const char *hash, struct error *err)
{
	const struct config_activate_request request = { .hash = hash };

	return config_activate_call(client, a, NULL, &request, NULL, err);
}

static bool reload_call(const struct admin_command *cmd, const char *name,
                        reload_step *step, const char *hash, struct error *err)
{
	struct ipc_client *client =
	    ipc_client_open(arena_printf(cmd->arena, "%s/%s.sock",
	                                 cmd->cfg->runtime_directory, name),
	                    1, CALL_TIMEOUT_MS);
	struct error inner = { 0 };
	bool done = step(client, cmd->arena, hash, &inner);

	ipc_client_close(client);
	return done || error_set(err, inner.kind, "%s: %s", name, inner.text);
}

static bool reload_call_all(const struct admin_command *cmd,
                            const struct running_processes *o,
                            reload_step *step, const char *hash,
                            struct error *err)
{
	for (size_t i = 0; i < o->count; i++)
		if (!reload_call(cmd, o->at[i].name, step, hash, err))
			return false;
	return true;
}

/* The supervisor is last: it starts and stops processes by the new files. */
static bool reload_supervisor(const struct admin_command *cmd,
                              struct error *err)
{
	char reload[] = "reload", *argv[] = { reload, NULL };

	return ipc_command(arena_printf(cmd->arena, "%s/idp.sock",
	                                cmd->cfg->runtime_directory),
	                   CALL_TIMEOUT_MS, argv, cmd_relay_line, (void *)cmd,
	                   err);
}

static void reload_sync(const struct admin_command *cmd)
{
	char reload[] = "reload", *argv[] = { reload, NULL };
	struct error err = { 0 };

	if (!ipc_command(arena_printf(cmd->arena, "%s/sync.sock",
	                              cmd->cfg->runtime_directory),
	                 CALL_TIMEOUT_MS, argv, cmd_relay_line, (void *)cmd,
	                 &err))
		ipc_reply_line(cmd->request, "portvakt-sync did not reload: %s",
		               err.text);
}

bool admin_reload(const struct admin_command *cmd, struct error *err)
{
	struct running_processes running = { 0 };

	if (!reload_check_files(cmd, err) ||
	    !reload_list_processes(cmd, &running, err) ||
	    !config_prepare(cmd->cfg->file, err))
		return false;
	struct conf_errors wrong = { 0 };
	struct config *next = config_load(cmd->arena, cmd->cfg->file, &wrong);

	if (!next)
		return error_set(err, ERROR_INVALID,
		                 "the files were changed during the reload");
	const char *hash = arena_strdup(cmd->arena, next->hash);

	config_unref(next);
	if (!cmd_audit(cmd, NULL, NULL, err) ||
	    !reload_call_all(cmd, &running, reload_prepare, hash, err) ||
	    !reload_call_all(cmd, &running, reload_activate, hash, err) ||
	    !config_activate(hash, err) || !reload_supervisor(cmd, err))
		return false;
	reload_sync(cmd);
	ipc_reply_line(cmd->request, "active: %.16s, in %zu processes", hash,
	               running.count + 1);
	return true;
}
