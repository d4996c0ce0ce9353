/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_log.h: the log of changes to the catalogue. */
#ifndef SYNC_ENGINE_CATALOGUE_CHANGE_LOG_H
#define SYNC_ENGINE_CATALOGUE_CHANGE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"
#include "region/ipc/ipc_server.h"

/* A change of one entry. */
struct logged_change {
	const json_t *before, *after; /* NULL: added, removed */
	/* ids; NULL: not of such an entry */
	const char *person, *affiliation, *group;
	const char *directory, *anchor;
	size_t added_members, removed_members;
};

bool change_log_open(const char *path, struct error *err) must_check;
/* Appends a line with the names of the changed attributes, or NULL. */
void change_log_append(const struct logged_change *c, const char *names);
/* Return the path of today's log, and of the log of a past day (Oslo time). */
const char *change_log_path(void);
char *change_log_day_path(struct arena *a, const char *path, int64_t when);
/* For IPC_COMMAND: the changes of the last 24 hours, a JSON object for each
 * directory. */
bool change_log_count(const struct ipc_request *q, char **argv,
                      struct error *err);
/* Calls each for the last lines about a person, oldest first, formatted for
 * operators.  Returns whether there are older ones. */
bool change_log_last(const char *person, size_t max,
                     void (*each)(const char *line, void *data), void *data);
/* Deletes every line about one of these ids, or `directory NAME`. On error
 * returns false. */
bool change_log_purge(const json_t *ids, struct error *err) must_check;

#endif
