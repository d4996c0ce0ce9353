/* SPDX-License-Identifier: AGPL-3.0-or-later
 * removal_private.h: the state of one removal, shared by offboard_remove.c and
 * removal_certificate.c. */
#ifndef IDP_ADMIN_OFFBOARD_REMOVAL_PRIVATE_H
#define IDP_ADMIN_OFFBOARD_REMOVAL_PRIVATE_H

#include "idp/admin/offboard/offboarding.h"

enum { REMOVAL_FILE_MODE = 0600 };

struct removal {
	struct offboarding off;
	const struct admin_command *cmd;
	struct arena *arena;
	json_t *draft, *done;
	const char *path;
};

/* Returns the ids of all affiliations, and of people without another one, as
 * the members of a JSON object owned by the arena of x. */
json_t *removal_ids(const struct removal *x);

/* Writes the certificate: what was removed, with hashes of the ids, signed by
 * the signer; then deletes the draft.  On error: ERROR_UNAVAILABLE, the draft
 * stays. */
bool removal_write_certificate(const struct removal *x, struct error *err);

#endif
