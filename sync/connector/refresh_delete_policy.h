/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refresh_delete_policy.h: which entries a refresh may delete. */
#ifndef SYNC_CONNECTOR_REFRESH_DELETE_POLICY_H
#define SYNC_CONNECTOR_REFRESH_DELETE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "region/config/config.h"

/* How a refresh (RFC 4533 3.3) ended. */
struct refresh_outcome {
	enum directory_type kind;
	int result_code; /* of directory_syncrepl_run(); 0: complete */
	bool cookie_sent, cookie_received;
	bool refresh_deletes; /* refreshDeletes of the Sync Info message or Done
	                 Control */
	int64_t received_count, present_count;
	int64_t known_entries; /* of this directory, at the provisioner */
};
enum refresh_delete_policy {
	/* Discard the refresh and keep the cookie. */
	REFRESH_DISCARD = 0,
	/* Discard the refresh; the next one sends no cookie. */
	REFRESH_RESTART,
	/* Discard the refresh: the server has older data than we have. */
	REFRESH_STALE_PROVIDER,
	/* Delete only the entries that were named as deleted. */
	REFRESH_EXPLICIT_DELETES,
	/* Delete the entries that were not named, within the deactivation
	 * threshold. */
	REFRESH_IMPLICIT_DELETES,
};
/* Returns what to do with a refresh that ended like this. */
enum refresh_delete_policy refresh_delete_policy_of(
    const struct refresh_outcome *outcome);

#endif
