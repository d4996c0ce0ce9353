/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.c: the commands of portvaktctl to the provisioner.  An unknown
 * command returns an error. */
#include "sync/engine/control.h"

#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/catalogue/change_log.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/provision/export_ldif.h"
#include "sync/engine/provision/municipality_purge.h"
#include "sync/engine/report/reports.h"
#include "sync/engine/state/state.h"
#include "sync/engine/state/work.h"

static bool control_full_sync(const struct ipc_request *q, char **argv,
                              struct error *err)
{
	(void)q, (void)argv, (void)err;
	work_request_verify();
	work_signal();
	return true;
}

static bool control_reload_overrides(const struct ipc_request *q, char **argv,
                                     struct error *err)
{
	(void)q, (void)argv, (void)err;
	overrides_request_load();
	work_signal();
	return true;
}

static const struct {
	const char *name;
	bool (*handler)(const struct ipc_request *q, char **argv,
	                struct error *err);
} control_commands[] = {
	{ "status", health_status },
	{ "pending", pending_changes_show },
	{ "held", pending_held_show },
	{ "health", health_metrics },
	{ "dry-run", dry_run_report },
	{ "preview", preview_command },
	{ "attention", attention_report },
	{ "links", link_report },
	{ "full", control_full_sync },
	{ "reload-overrides", control_reload_overrides },
	{ "groups", group_report },
	{ "changes", change_log_count },
	{ "feide", feide_report },
	{ "not-taken", not_taken_command },
	{ "check-values", not_taken_check },
	{ "person", provenance_command },
	{ "quarantine", quarantine_command },
	{ "school-year", school_year_report },
	{ "export-ldif", export_ldif },
	{ "purge-ids", purge_forget_ids },
	{ "purge-cache", purge_scrub },
};

/* Returns the arguments, NULL-terminated; the commands do not change them. */
static char **control_argv(const struct ipc_request *q,
                           const struct command_request *request)
{
	char **argv = arena_array(q->arena, char *, request->args_count + 1);

	for (size_t i = 0; i < request->args_count; i++)
		argv[i] = arena_strdup(q->arena, request->args[i]);
	return text_equal(argv[0], "sync") ? argv + 1 : argv;
}

bool control_run(const struct ipc_request *q,
                 const struct command_request *request,
                 struct command_reply *reply, struct error *err)
{
	char **argv = control_argv(q, request);

	(void)reply;
	for (size_t i = 0; i < LENGTH(control_commands); i++) {
		if (!text_equal(argv[0], control_commands[i].name))
			continue;
		state_lock();
		bool good = control_commands[i].handler(q, argv, err);
		state_unlock();
		return good;
	}
	return error_set(err, ERROR_INVALID, "unknown command");
}
