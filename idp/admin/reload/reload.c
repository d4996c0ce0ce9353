/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reload.c: activates a changed configuration in all processes or in none. The
 * supervisor chooses it: a municipality whose file is bad stays at its last
 * good version, and errors in the region's files are all reported at once.
 * Then every running process prepares it; when all have, all activate. */
#include "idp/admin/reload/reload.h"

#include <string.h>
#include <unistd.h>

#include "idp/admin/reload/weighing.h"
#include "lib/strbuf.h"
#include "region/accepted/accepted.h"

enum { CALL_TIMEOUT_MS = 5000, CHOICE_TIMEOUT_MS = 30 * 1000 };

/* A running process, by the name of its socket. */
struct running_process {
	const char *name;
	bool is_running;
};

struct running_processes {
	struct running_process *at;
	size_t count;
};

/* ---- the supervisor, which chooses and keeps the copy */

struct reload_answer {
	const struct admin_command *cmd;
	const char *hash;
	VECTOR(const char *) kept;  /* names of municipalities */
	VECTOR(char *) refused;     /* arguments --refused NAME CAUSE ... */
	VECTOR(const char *) lines; /* for the operator */
};

static void reload_on_prepare_line(const char *line, void *data)
{
	struct reload_answer *answer = data;
	static const char prepared[] = "prepared ";

	if (text_starts(line, prepared)) {
		answer->hash =
		    arena_strdup(answer->cmd->arena, line + strlen(prepared));
		return;
	}
	if (text_starts(line, "kept "))
		*vector_append(answer->cmd->arena, &answer->kept) =
		    text_split(answer->cmd->arena, line, " ", NULL)[1];
	*vector_append(answer->cmd->arena, &answer->lines) =
	    arena_strdup(answer->cmd->arena, line);
}

/* What is kept and what is wrong. */
static void reload_print(const struct reload_answer *answer)
{
	for (size_t i = 0; i < answer->lines.count; i++)
		ipc_reply_line(answer->cmd->request, "%s", answer->lines.at[i]);
}

/* Asks the supervisor; command ends in NULL. */
static bool reload_ask(const struct admin_command *cmd, char **command,
                       void (*on_line)(const char *line, void *data),
                       void *data, struct error *err)
{
	return ipc_command(arena_printf(cmd->arena, "%s/idp.sock",
	                                cmd->cfg->runtime_directory),
	                   CHOICE_TIMEOUT_MS, command, on_line, data, err);
}

static bool reload_choose(const struct admin_command *cmd,
                          struct reload_answer *answer, struct error *err)
{
	VECTOR(char *) command = { 0 };

	answer->kept.count = answer->lines.count = 0;
	*vector_append(cmd->arena, &command) =
	    arena_strdup(cmd->arena, "prepare");
	for (size_t i = 1; i < cmd->argc; i++)
		*vector_append(cmd->arena, &command) = cmd->argv[i];
	for (size_t i = 0; i < answer->refused.count; i++)
		*vector_append(cmd->arena, &command) = answer->refused.at[i];
	*vector_append(cmd->arena, &command) = NULL;
	bool done =
	    reload_ask(cmd, command.at, reload_on_prepare_line, answer, err);

	return done && (answer->hash ||
	                error_set(err, ERROR_UNAVAILABLE,
	                          "portvakt-idp prepared no configuration"));
}

bool reload_send(const struct admin_command *cmd, const char *what,
                 const char *hash, struct error *err)
{
	char *command[] = { arena_strdup(cmd->arena, what),
		            arena_strdup(cmd->arena, hash), NULL };

	return reload_ask(cmd, command, cmd_relay_line, (void *)cmd, err);
}

/* ---- the other processes */

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
	const struct config_prepare_request request = { .hash = hash };
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

static bool reload_has_hash(struct ipc_client *client, struct arena *a,
                            const char *hash, struct error *err)
{
	const struct status_request request = { 0 };
	struct status_reply reply;

	return status_call(client, a, NULL, &request, &reply, err) &&
	       (text_equal(reply.hash, hash) ||
	        error_set(err, ERROR_UNAVAILABLE,
	                  "process has a different configuration"));
}

bool reload_processes_have(const struct admin_command *cmd, const char *hash,
                           struct error *err)
{
	struct running_processes running = { 0 };

	return reload_list_processes(cmd, &running, err) &&
	       reload_call_all(cmd, &running, reload_has_hash, hash, err);
}

bool reload_sync(const struct admin_command *cmd, const char *hash,
                 struct error *err)
{
	char *argv[] = { arena_strdup(cmd->arena, "reload"),
		         arena_strdup(cmd->arena, hash), NULL };

	return ipc_command(arena_printf(cmd->arena, "%s/sync.sock",
	                                cmd->cfg->runtime_directory),
	                   CALL_TIMEOUT_MS, argv, cmd_relay_line, (void *)cmd,
	                   err);
}

/* The receipt has the hash, and the municipalities that are kept. */
static bool reload_audit(const struct admin_command *cmd,
                         const struct reload_answer *answer, struct error *err)
{
	struct admin_command noted = *cmd;
	size_t n = cmd->argc;

	noted.argv =
	    arena_array(cmd->arena, char *, cmd->argc + answer->kept.count + 2);
	memcpy(noted.argv, cmd->argv, cmd->argc * sizeof(*cmd->argv));
	noted.argv[n++] = arena_printf(cmd->arena, "hash=%.16s", answer->hash);
	for (size_t i = 0; i < answer->kept.count; i++)
		noted.argv[n++] =
		    arena_printf(cmd->arena, "kept=%s", answer->kept.at[i]);
	noted.argc = n;
	return cmd_audit(&noted, NULL, NULL, err);
}

/* What is held is noted, for status. */
static bool reload_weigh(const struct admin_command *cmd, const char *hash,
                         struct error *err)
{
	struct error ignored = { 0 };

	if (weighing_allows(cmd, hash, err))
		return true;
	if (!reload_send(cmd, "hold", hash, &ignored))
		ipc_reply_line(cmd->request, "status will not show it: %s",
		               ignored.text);
	return false;
}

/* In all processes or in none. The supervisor makes the copy the one that is
 * read at a start before the first process activates it, and changes its
 * process table when all have. */
static bool reload_all(const struct admin_command *cmd, const char *path,
                       const struct reload_answer *answer, struct error *err)
{
	const char *hash = answer->hash;
	struct running_processes running = { 0 };

	if (!reload_list_processes(cmd, &running, err) ||
	    !config_prepare(path, err) || !reload_weigh(cmd, hash, err) ||
	    !reload_audit(cmd, answer, err) ||
	    !reload_call_all(cmd, &running, reload_prepare, hash, err) ||
	    !reload_send(cmd, "accept", hash, err) ||
	    !reload_call_all(cmd, &running, reload_activate, hash, err) ||
	    !config_activate(hash, err) ||
	    !reload_send(cmd, "reload", hash, err))
		return false;
	ipc_reply_line(cmd->request, "active: %.16s, in %zu processes", hash,
	               running.count + 1);
	return true;
}

struct config *admin_draft(const struct admin_command *cmd, struct error *err)
{
	struct admin_command choose = *cmd;
	struct reload_answer answer = { .cmd = cmd };
	const char *store = accepted_store_of(cmd->arena, cmd->cfg);

	choose.argc = 1;
	if (!store) {
		error_set(err, ERROR_INVALID,
		          "portvakt-admin was started alone");
		return NULL;
	}
	bool chosen = reload_choose(&choose, &answer, err);

	reload_print(&answer);
	if (!chosen ||
	    !config_prepare(accepted_copy(cmd->arena, store, answer.hash), err))
		return NULL;
	return config_by_hash(answer.hash);
}

static bool reload_check_options(const struct admin_command *cmd,
                                 struct error *err)
{
	static const char *const options[] = { "--accept", "--accept-effects",
		                               "--by", "--reason", NULL };

	for (size_t i = 1; i < cmd->argc; i += 2)
		if (!text_list_has((char **)(uintptr_t)options, cmd->argv[i]) ||
		    i + 1 == cmd->argc)
			return error_set(
			    err, ERROR_INVALID,
			    "usage: reload [--accept MUNICIPALITY] ... "
			    "[--accept-effects HASH --by NAME --reason TEXT]");
	return true;
}

/* ---- plugin hosts, of which one that refuses keeps its municipality */

static const char plugin_host_prefix[] = "plugin-host@";

/* The plugins were checked with the files: what is refused here is a version
 * to which an operator has returned, or a plugin that is not always the same.
 */
static void reload_ask_plugin_host(const struct admin_command *cmd,
                                   struct reload_answer *answer,
                                   const char *process)
{
	const char *name = process + strlen(plugin_host_prefix);
	struct error refused = { 0 };

	if (!text_starts(process, plugin_host_prefix) ||
	    !config_municipality(cmd->cfg, name) ||
	    reload_call(cmd, process, reload_prepare, answer->hash, &refused) ||
	    refused.kind != ERROR_INVALID)
		return;
	*vector_append(cmd->arena, &answer->refused) =
	    arena_strdup(cmd->arena, "--refused");
	*vector_append(cmd->arena, &answer->refused) =
	    arena_strdup(cmd->arena, name);
	*vector_append(cmd->arena, &answer->refused) = arena_strdup(
	    cmd->arena, refused.text + strlen(process) + strlen(": "));
}

static bool reload_has_refused(const struct reload_answer *answer,
                               const char *process)
{
	for (size_t i = 1; i < answer->refused.count; i += 3)
		if (text_starts(process, plugin_host_prefix) &&
		    text_equal(answer->refused.at[i],
		               process + strlen(plugin_host_prefix)))
			return true;
	return false;
}

/* Until no further one refuses. */
static bool reload_choose_accepted(const struct admin_command *cmd,
                                   struct reload_answer *answer,
                                   struct error *err)
{
	struct running_processes running = { 0 };
	size_t before;

	if (!reload_list_processes(cmd, &running, err))
		return false;
	do {
		before = answer->refused.count;
		if (!reload_choose(cmd, answer, err))
			return false;
		for (size_t i = 0; i < running.count; i++)
			if (!reload_has_refused(answer, running.at[i].name))
				reload_ask_plugin_host(cmd, answer,
				                       running.at[i].name);
	} while (answer->refused.count > before);
	return true;
}

/* Prints what the supervisor keeps. */
static bool reload_files(const struct admin_command *cmd,
                         struct reload_answer *answer, struct error *err)
{
	const char *store = accepted_store_of(cmd->arena, cmd->cfg);

	if (!store)
		return error_set(err, ERROR_INVALID,
		                 "portvakt-admin was started alone");
	bool chosen = reload_choose_accepted(cmd, answer, err);

	reload_print(answer);
	return chosen &&
	       reload_all(cmd, accepted_copy(cmd->arena, store, answer->hash),
	                  answer, err);
}

bool reload_activate_files(const struct admin_command *cmd,
                           const char **ret_hash, struct error *err)
{
	struct reload_answer answer = { .cmd = cmd };

	if (!reload_files(cmd, &answer, err))
		return false;
	*ret_hash = answer.hash;
	return true;
}

bool admin_reload(const struct admin_command *cmd, struct error *err)
{
	struct reload_answer answer = { .cmd = cmd };
	struct error sync = { 0 };

	if (!reload_check_options(cmd, err) || !reload_files(cmd, &answer, err))
		return false;
	if (!reload_sync(cmd, answer.hash, &sync))
		ipc_reply_line(cmd->request, "portvakt-sync did not reload: %s",
		               sync.text);
	return answer.kept.count == 0 ||
	       error_set(err, ERROR_INVALID,
	                 "%zu of the municipalities stay at their last good "
	                 "version; the rest is active",
	                 answer.kept.count);
}
