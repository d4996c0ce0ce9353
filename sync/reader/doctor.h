/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check.h: what the files of the source check share. */
#ifndef SYNC_READER_DOCTOR_H
#define SYNC_READER_DOCTOR_H

#include "sync/reader/reader.h"

/* One check of one directory. */
struct doctor {
	struct arena *arena;
	const struct question *q;
	const struct region *region;
	const struct directory_conf *conf;
	struct directory *d;
	const struct directory_entry *root;
	size_t wrong;
};

/* Sends the caller a result; source_check_fail also counts it. */
void doctor_well(struct doctor *k, const char *what);
void doctor_wrong(struct doctor *k, const char *what, const char *to_do);

/* Tries to read changes as a session does.  The connection cannot be used
 * afterwards. */
void doctor_try_following(struct doctor *k);

#endif
