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
	int result_code; /* of directory_follow; 0: complete */
	bool cookie_sent, cookie_received;
	bool refresh_deletes; /* refreshDeletes of the Sync Info message or Done
	                 Control */
	int64_t received_count, present_count;
	int64_t known_entries; /* entries the provisioner had of it */
};
enum refresh_delete_policy {
	REFRESH_DISCARD = 0, /* refresh is void; keep the cookie */
	REFRESH_RESTART,     /* refresh is void; the next one sends no cookie */
	REFRESH_STALE_PROVIDER,   /* refresh is void; the server has older data
	                   than   we */
	REFRESH_EXPLICIT_DELETES, /* delete only the entries that were named */
	REFRESH_IMPLICIT_DELETES, /* entries not named may be deleted, within
	                 the thresholds */
};
enum refresh_delete_policy refresh_delete_policy_of(
    const struct refresh_outcome *outcome);

#endif
