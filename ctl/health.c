/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health.c: requests the state of every directory from sync, one JSON object
 * per line, for the metrics and the daily report. */
#include "ctl/health.h"

#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "region/ipc/ipc_client.h"

enum { DEADLINE_MS = 20 * 1000 };

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
	                 DEADLINE_MS, argv, ctl_health_collect_line, &collector,
	                 &err)) {
		fprintf(stderr, "portvaktctl: sync does not respond: %s\n",
		        err.text);
		return false;
	}
	*ret_lines = collector.lines;
	return true;
}
