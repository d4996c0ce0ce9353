/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.c: the commands of portvaktctl to the provisioner.  An unknown
 * command returns an error. */
#include <stdatomic.h>
#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/control.h"
#include "sync/engine/feide.h"
#include "sync/engine/groups.h"
#include "sync/engine/municipality_purge.h"
#include "sync/engine/overrides.h"
#include "sync/engine/state.h"

static atomic_bool verify_requested;

void control_request_verify(void)
{
	atomic_store(&verify_requested, true);
}

bool control_take_verify_request(void)
{
	return atomic_exchange(&verify_requested, false);
}

bool control_directory_is_known(const struct ipc_request *q,
                                const char *directory)
{
	return config_directory(q->cfg, directory) ||
	       state_number("SELECT count(*) FROM affiliations"
	                    " WHERE directory = ?1",
	                    "t", directory) > 0;
}

static bool control_full_sync(const struct ipc_request *q, char **argv,
                              struct error *err)
{
	(void)q, (void)argv, (void)err;
	control_request_verify();
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
	{ "plan", pending_changes_show },
	{ "release", pending_held_show },
	{ "health", health_metrics },
	{ "rehearsal", dry_run_report },
	{ "now", control_full_sync },
	{ "decided", control_reload_overrides },
	{ "groups", group_report },
	{ "changes", change_log_count },
	{ "feide", feide_report },
	{ "person", provenance_command },
	{ "quarantine", quarantine_command },
	{ "school-year", school_year_report },
	{ "build", export_ldif },
	{ "forget", purge_forget_ids },
	{ "scrub", purge_scrub },
};

static char **control_argv(const struct ipc_request *q)
{
	const json_t *list = js_array(q->body, "words");
	size_t count = json_array_size(list);
	char **argv = arena_array(q->arena, char *, count + 1);

	for (size_t i = 0; i < count; i++)
		argv[i] = (char *)json_string_value(json_array_get(list, i));
	return text_equal(argv[0], "sync") ? argv + 1 : argv;
}

bool control_run(const struct ipc_request *q, json_t **ret_response,
                 struct error *err)
{
	char **argv = control_argv(q);

	*ret_response = js_own(q->arena, json_object());
	for (size_t i = 0; i < LENGTH(control_commands); i++) {
		if (!text_equal(argv[0], control_commands[i].name))
			continue;
		state_lock();
		bool good = control_commands[i].handler(q, argv, err);
		state_unlock();
		return good;
	}
	return error_set(err, ERROR_INVALID, "sync knows no such word");
}
