/* SPDX-License-Identifier: AGPL-3.0-or-later
 * connector.h: portvakt-connector, one process per source directory.  It reads
 * the directory and sends its entries to the provisioner in runs. */
#ifndef SYNC_CONNECTOR_CONNECTOR_H
#define SYNC_CONNECTOR_CONNECTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "region/ipc/ipc_client.h"

struct connector {
	const char *name; /* of the directory, in the configuration */
	struct ipc_client *provisioner;
	struct ipc_client *id_crypto;
	atomic_bool full_sync_requested;
	/* Outlives a session; used by the session's thread only. */
	size_t skip_addresses;       /* addresses to skip: their servers are
	                      stale */
	int64_t stale_since;         /* clock_monotonic_ms; 0: not stale */
	int64_t certificate_expires; /* Unix time; 0: unknown */
	int days_warned;
};

/* Runs one session after another.  Returns when the directory is no longer in
 * the configuration. */
void connector_run(struct connector *c);

#endif
