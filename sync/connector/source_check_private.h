/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check_private.h: shared by the files of the source check. */
#ifndef SYNC_CONNECTOR_SOURCE_CHECK_PRIVATE_H
#define SYNC_CONNECTOR_SOURCE_CHECK_PRIVATE_H

#include <stddef.h>

#include "lib/arena.h"
#include "region/config/config.h"
#include "region/ipc/ipc_server.h"
#include "region/ldap/directory.h"

/* One check of one directory. */
struct source_check {
	struct arena *arena;
	const struct ipc_request *request;
	const struct config *cfg;
	const struct directory_conf *conf;
	struct directory *directory;
	const struct directory_entry *root_dse;
	size_t failures;
};

/* Send the caller a result.  source_check_fail also counts it in failures;
 * source_check_warn is for a setting that can be intended. */
void source_check_ok(struct source_check *check, const char *result);
void source_check_fail(struct source_check *check, const char *problem,
                       const char *remedy);
void source_check_warn(struct source_check *check, const char *problem,
                       const char *remedy);

/* Reads changes as a session does.  The connection cannot be used afterwards.
 */
void source_check_session(struct source_check *check);

#endif
