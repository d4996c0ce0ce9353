/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_scheduler.c: a thread that runs `remove --after DATE` once the date
 * has come, in the name of the operator who ordered it. After an error it
 * tries again every ten seconds and logs once an hour. */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "idp/admin/offboard/offboarding.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	CHECK_INTERVAL_S = 10,
	WARN_INTERVAL_S = 3600,
	MAX_OVERRIDES = 1000,
	KEEP_LOG_INDEX = 8
};

/* A removal ordered for later. */
struct scheduled_removal {
	int64_t when;
	const char *by, *reason;
	bool keeps_log;
};

static bool offboard_scheduler_keeps_log(struct arena *a,
                                         const struct directory_entry *e)
{
	char **subjects = directory_entry_texts(a, e, "portvaktSubject");

	for (; *subjects; subjects++)
		if (text_equal(*subjects, keep_audit_log))
			return true;
	return false;
}

static bool offboard_scheduler_find(const struct offboarding *off,
                                    struct scheduled_removal *ret,
                                    struct error *err)
{
	static const char *const names[] = { "portvaktUntil", "portvaktBy",
		                             "portvaktReason",
		                             "portvaktSubject", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	if (!directory_search(
		off->catalogue, off->arena,
		arena_printf(off->arena, "ou=decisions,%s",
	                     off->cmd->cfg->catalogue.base),
		SCOPE_ONE_LEVEL,
		arena_printf(off->arena,
	                     "(&(portvaktDecides=leave)(portvaktSubject=%s)"
	                     "(portvaktSubject=step after))",
	                     off->m->name),
		names, MAX_OVERRIDES, &found, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *until =
		    directory_entry_text(&found[i], "portvaktUntil");
		int64_t when = 0;

		/* The order with the latest date counts. */
		if (!until || !clock_parse_generalized_time(until, &when) ||
		    when < ret->when)
			continue;
		*ret = (struct scheduled_removal){
			when, directory_entry_text(&found[i], "portvaktBy"),
			directory_entry_text(&found[i], "portvaktReason"),
			offboard_scheduler_keeps_log(off->arena, &found[i])
		};
	}
	return true;
}

static bool offboard_removal_in_progress(const struct admin_command *cmd,
                                         const struct municipality *m)
{
	return access(arena_printf(cmd->arena, "%s/admin/removing-%s.json",
	                           cmd->cfg->state_directory, m->name),
	              F_OK) == 0;
}

static bool offboard_removal_is_due(const struct admin_command *cmd,
                                    const struct municipality *m,
                                    struct scheduled_removal *ret,
                                    bool *ret_due, struct error *err)
{
	struct offboarding off = { .cmd = cmd, .arena = cmd->arena, .m = m };
	int64_t removed = 0;

	*ret_due = false;
	*ret = (struct scheduled_removal){ 0 };
	if (!cmd_open_catalogue(cmd, &off.catalogue, err) ||
	    !offboard_scheduler_find(&off, ret, err) ||
	    !offboarding_step_time(&off, "remove", &removed, err))
		return false;
	*ret_due = ret->when > 0 && ret->when <= clock_now() &&
	           (removed == 0 || offboard_removal_in_progress(cmd, m));
	return true;
}

static bool offboard_scheduler_run_one(const struct config *cfg,
                                       struct arena *a,
                                       const struct municipality *m,
                                       struct error *err)
{
	const struct ipc_request no_request = { .arena = a,
		                                .cfg = cfg,
		                                .fd = -1 };
	struct admin_command cmd = { .request = &no_request,
		                     .arena = a,
		                     .cfg = cfg };
	struct scheduled_removal removal;
	bool due;

	if (!offboard_removal_is_due(&cmd, m, &removal, &due, err))
		return false;
	if (!due)
		return true;
	char *argv[] = { arena_strdup(a, "offboard"),
		         arena_strdup(a, m->name),
		         arena_strdup(a, "remove"),
		         arena_strdup(a, "--now"),
		         arena_strdup(a, "--by"),
		         arena_strdup(a, removal.by ?: "?"),
		         arena_strdup(a, "--reason"),
		         arena_strdup(a, removal.reason ?: "?"),
		         arena_strdup(a, "--keep-audit-log"),
		         NULL };

	if (!removal.keeps_log)
		argv[KEEP_LOG_INDEX] = NULL;

	cmd.argv = argv;
	cmd.argc = removal.keeps_log ? KEEP_LOG_INDEX + 1 : KEEP_LOG_INDEX;
	return offboard_remove(&cmd, m, err);
}

static void offboard_scheduler_run(const struct config *cfg, int64_t *warned_at)
{
	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];
		struct arena *a = arena_open();
		struct error err = { 0 };

		if (municipality_is_offboarded(m, clock_now()) &&
		    !offboard_scheduler_run_one(cfg, a, m, &err) &&
		    clock_now() - *warned_at >= WARN_INTERVAL_S) {
			*warned_at = clock_now();
			log_event(LOG_OFFBOARD_PENDING, "municipality", m->name,
			          "error", err.text, NULL);
		}
		arena_close(a);
	}
}

static void *offboard_scheduler_thread(void *unused)
{
	const struct timespec pause = { .tv_sec = CHECK_INTERVAL_S };
	int64_t warned_at = 0;

	(void)unused;
	for (;;) {
		struct config *cfg = config_current();

		log_request_new();
		offboard_scheduler_run(cfg, &warned_at);
		config_unref(cfg);
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

bool offboard_scheduler_start(struct error *err)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, offboard_scheduler_thread, NULL) ==
	           0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot create the thread");
}
