/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_log_tail.h: the state of an existing log file, from which appends
 * continue. */
#ifndef IDP_AUDIT_AUDIT_LOG_TAIL_H
#define IDP_AUDIT_AUDIT_LOG_TAIL_H

#include <sys/types.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "region/audit/audit_chain.h"

struct audit_log_tail {
	char hash[AUDIT_HASH_DIGITS + 1]; /* of the last line */
	uint64_t lines;
	uint64_t counter;     /* in the last line's code: the file's greatest */
	off_t complete_bytes; /* bytes up to the end of the last line */
	off_t torn_bytes;     /* bytes after it */
};

/* Returns the state of a file, all zero if it does not exist. On error
 * ERROR_UNAVAILABLE. */
bool audit_log_scan(const char *path, struct audit_log_tail *ret_tail,
                    struct error *err) must_check;

/* The chain continues over midnight: returns the hash of the last line of
 * node's newest file before day, or zeros. */
bool audit_log_previous_hash(struct arena *a, const char *folder,
                             const char *node, const char *day,
                             char ret_hash[AUDIT_HASH_DIGITS + 1],
                             struct error *err) must_check;

#endif
