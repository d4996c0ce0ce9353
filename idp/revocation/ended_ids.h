/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ended_ids.h: the sessions that ended, outside Redis: if Redis is put back to
 * an older state, its sessions of before their end are not sessions again
 * (docs/decisions/0028).  Kept in memory and in a file of the state directory.
 * Each has a number, counted from the first one ever. */
#ifndef IDP_REVOCATION_ENDED_IDS_H
#define IDP_REVOCATION_ENDED_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

enum {
	ENDED_ID_SIZE = 16, /* the first bytes of SHA-256 of the sid */
	ENDED_IDS_MAX = 500 * 1000,
};

struct ended_id {
	unsigned char id[ENDED_ID_SIZE];
	int64_t at; /* Unix time of the end */
};

struct ended_ids;

/* Reads the file path, or creates it.  A record that a crash cut off is
 * dropped.  Error: INVALID, where it is not such a file or of another version,
 * UNAVAILABLE, where it cannot be read or written. */
bool ended_ids_open(const char *path, struct ended_ids **ret,
                    struct error *err) must_check;
void ended_ids_close(struct ended_ids *t);

/* Adds those that are not known and have them on the disk before it returns.
 * The memory has them even on error: UNAVAILABLE. */
bool ended_ids_add(struct ended_ids *t, const struct ended_id *ids,
                   size_t count, struct error *err) must_check;

/* Drops those that ended before the time, and the earliest where there are more
 * than ENDED_IDS_MAX; writes the file anew if half of it can go.  Error:
 * UNAVAILABLE. */
bool ended_ids_drop(struct ended_ids *t, int64_t before,
                    struct error *err) must_check;

/* Copies at most max ids from the number since on, and returns how many;
 * *ret_next is the number after the last one.  A since that was never given out
 * counts as 0. */
size_t ended_ids_since(struct ended_ids *t, int64_t since, size_t max,
                       struct ended_id *ret, int64_t *ret_next);

#endif
