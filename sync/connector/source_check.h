/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check.h: checks a source directory for `portvaktctl sync
 * check-source`. */
#ifndef SYNC_CONNECTOR_SOURCE_CHECK_H
#define SYNC_CONNECTOR_SOURCE_CHECK_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/ipc/ipc_server.h"

/* Checks the source directory of this name and sends the caller of q the
 * results, with a remedy for each failure.  On error ERROR_REFUSED: a check
 * failed, or no directory has this name. */
bool source_check_run(const struct ipc_request *q, const char *name,
                      struct error *err) must_check;

#endif
