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
	/* Used by the session's thread only; kept from session to session. */
	size_t skip_addresses; /* skip this many: they have older data */
	int64_t stale_since;   /* clock_monotonic_ms; 0: not stale */
	bool went_back;        /* restored from a backup; not reported yet */
	int64_t certificate_expires; /* notAfter, Unix time; 0: unknown */
	int certificate_days_warned; /* of the last warning; 0: none */
};

/* Runs one session after another.  Returns when the directory is no longer in
 * the configuration. */
void connector_run(struct connector *c);

#endif
