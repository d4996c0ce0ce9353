/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check.h: `portvaktctl sync check-source`. */
#ifndef SYNC_CONNECTOR_SOURCE_CHECK_H
#define SYNC_CONNECTOR_SOURCE_CHECK_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/ipc/ipc_server.h"

/* Checks the source directory and sends the caller a line per result, with a
 * remedy for each failure.  Returns false when a check fails, or when no
 * directory has this name. */
bool source_check_run(const struct ipc_request *q, const char *name,
                      struct error *err) must_check;

#endif
