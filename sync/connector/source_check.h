/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check.h: what the files of the source check share. */
#ifndef SYNC_CONNECTOR_SOURCE_CHECK_H
#define SYNC_CONNECTOR_SOURCE_CHECK_H

#include "sync/connector/connector.h"

/* One check of one directory. */
struct source_check {
	struct arena *arena;
	const struct ipc_request *request;
	const struct config *cfg;
	const struct directory_conf *conf;
	struct directory *directory;
	const struct directory_entry *root;
	size_t failures;
};

/* Sends the caller a result; source_check_fail also counts it. */
void source_check_ok(struct source_check *check, const char *result);
void source_check_fail(struct source_check *check, const char *problem,
                       const char *remedy);

/* Tries to read changes as a session does.  The connection cannot be used
 * afterwards. */
void source_check_session(struct source_check *check);

#endif
