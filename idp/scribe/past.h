/* SPDX-License-Identifier: AGPL-3.0-or-later
 * past.h: what a file of the record that is there already tells whoever goes
 * on writing it. */
#ifndef IDP_SCRIBE_PAST_H
#define IDP_SCRIBE_PAST_H

#include <sys/types.h>

#include "lib/arena.h"
#include "lib/fault.h"
#include "region/record.h"

struct past {
	char hash[RECORD_HASH + 1]; /* of the last line */
	uint64_t lines;
	uint64_t counter; /* in the last line's code: the file's greatest */
	off_t whole;      /* bytes up to the last line's end */
	off_t torn;       /* bytes behind it */
};

/* A file that is not there is an empty past. */
bool past_read(const char *path, struct past *ret_past,
               struct fault *why) must_check;

/* The chain goes on over midnight: the hash of the last line of the folder's
 * newest file of node before day, or zeros. */
bool past_before(struct arena *a, const char *folder, const char *node,
                 const char *day, char ret_hash[RECORD_HASH + 1],
                 struct fault *why) must_check;

#endif
