/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health.c: requests the state of every directory from sync, one JSON object
 * per line, for the metrics and the daily report. */
#include "ctl/health.h"

#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "region/ask.h"

enum { DEADLINE_MS = 20 * 1000 };

struct collecting {
	struct arena *arena;
	json_t *lines;
};

static void collect(const char *line, void *with)
{
	struct collecting *c = with;
	json_t *object = NULL;

	if (js_read(c->arena, line, strlen(line), &object, NULL))
		(void)json_array_append(c->lines, object);
}

bool health_ask(const struct command *c, const char *word, json_t **ret_lines)
{
	struct collecting k = { c->arena, js_keep(c->arena, json_array()) };
	char *words[] = { arena_copy(c->arena, word), NULL };
	struct fault why = { 0 };

	if (!ask_lines(arena_print(c->arena, "%s/sync.sock", run_folder(c)),
	               DEADLINE_MS, words, collect, &k, &why)) {
		fprintf(stderr, "portvaktctl: sync does not tell: %s\n",
		        why.text);
		return false;
	}
	*ret_lines = k.lines;
	return true;
}

const json_t *health_of(const json_t *lines, const char *directory)
{
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);
		const char *name = js_string(line, "directory");

		if (name && strcmp(name, directory) == 0)
			return line;
	}
	return NULL;
}
