/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_log_tail.h: the state of an existing log file, from which appends
 * continue. */
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
	off_t whole;      /* bytes up to the end of the last line */
	off_t torn;       /* bytes after it */
};

/* Returns the state of a file, all zero if it does not exist. On error
 * ERROR_UNAVAILABLE. */
bool past_read(const char *path, struct past *ret_past,
               struct fault *why) must_check;

/* The chain continues over midnight: returns the hash of the last line of
 * node's newest file before day, or zeros. */
bool past_before(struct arena *a, const char *folder, const char *node,
                 const char *day, char ret_hash[RECORD_HASH + 1],
                 struct fault *why) must_check;

#endif
