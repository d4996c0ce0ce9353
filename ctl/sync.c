/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sync.c: the commands of `portvaktctl sync` that portvakt-sync or a connector
 * serves, and the state of every directory for the metrics and the daily
 * report. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/strbuf.h"
#include "region/config/config.h"
#include "region/ipc/ipc_client.h"

enum { HEALTH_DEADLINE_MS = 20 * 1000 };

int command_sync(const struct command *c)
{
	return ctl_remote_call(c, "sync.sock", c->argv + 1);
}

int command_sync_status(const struct command *c)
{
	char *argv[] = { arena_strdup(c->arena, "status"), NULL };

	return ctl_remote_call(c, "sync.sock", argv);
}

/* A directory that no reload has seen has no connector. */
static bool ctl_directory_is_active(const struct command *c, const char *socket)
{
	const char *folder = ctl_runtime_directory(c);

	return access(arena_printf(c->arena, "%s/%s", folder, socket), F_OK) ==
	           0 ||
	       access(arena_printf(c->arena, "%s/sync.sock", folder), F_OK) !=
	           0;
}

/* The directory's own connector checks its source: that takes a while, and the
 * supervisor must not block. */
static int ctl_check_source(const struct command *c, const char *directory)
{
	char *argv[] = { arena_strdup(c->arena, "check-source"), NULL };

	char *values[] = { arena_strdup(c->arena, "check-values"),
		           arena_strdup(c->arena, directory), NULL };
	const char *socket =
	    arena_printf(c->arena, "connector@%s.sock", directory);

	if (!ctl_directory_is_active(c, socket)) {
		fprintf(stderr,
		        "portvaktctl: directory %s is not active yet: "
		        "portvaktctl reload\n",
		        directory);
		return 1;
	}
	int status = ctl_remote_call(c, socket, argv);

	return status | ctl_remote_call(c, "sync.sock", values);
}

int command_check_source(const struct command *c)
{
	struct config *cfg = ctl_load_config(c);
	const char *only = c->argc > 2 ? c->argv[2] : NULL;
	int status = cfg ? 0 : 1;

	if (cfg && only && !config_directory(cfg, only)) {
		fprintf(stderr, "portvaktctl: unknown directory \"%s\"\n",
		        only);
		status = 1;
	}
	for (size_t i = 0; cfg && i < cfg->directory_count; i++)
		if (!only || text_equal(only, cfg->directories[i].name))
			status |= ctl_check_source(c, cfg->directories[i].name);
	config_unref(cfg);
	return status;
}

/* ---- one JSON object per line */

struct health_collector {
	struct arena *arena;
	json_t *lines;
};

static void ctl_health_collect_line(const char *line, void *data)
{
	struct health_collector *c = data;
	json_t *object = NULL;

	if (js_parse(c->arena, line, strlen(line), &object, NULL))
		(void)json_array_append(c->lines, object);
}

bool ctl_health_request(const struct command *c, const char *command,
                        json_t **ret_lines)
{
	struct health_collector collector = { c->arena,
		                              js_own(c->arena, json_array()) };
	char *argv[] = { arena_strdup(c->arena, command), NULL };
	struct error err = { 0 };

	if (!ipc_command(arena_printf(c->arena, "%s/sync.sock",
	                              ctl_runtime_directory(c)),
	                 HEALTH_DEADLINE_MS, argv, ctl_health_collect_line,
	                 &collector, &err)) {
		fprintf(stderr, "portvaktctl: sync does not respond: %s\n",
		        err.text);
		return false;
	}
	*ret_lines = collector.lines;
	return true;
}
