/* SPDX-License-Identifier: AGPL-3.0-or-later
 * doctor.h: what the doctor's files share. */
#ifndef SYNC_READER_DOCTOR_H
#define SYNC_READER_DOCTOR_H

#include "sync/reader/reader.h"

/* One visit. */
struct doctor {
	struct arena *arena;
	const struct question *q;
	const struct region *region;
	const struct directory_conf *conf;
	struct directory *d;
	const struct directory_entry *root; /* the root DSE */
	size_t wrong;
};

/* Said to whoever asked. */
void doctor_well(struct doctor *k, const char *what);
void doctor_wrong(struct doctor *k, const char *what, const char *to_do);

/* Tries to follow it as its kind is followed; nothing else may be asked over
 * this connection afterwards. */
void doctor_try_following(struct doctor *k);

#endif
