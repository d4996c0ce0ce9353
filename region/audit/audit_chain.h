/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_chain.h: the format of the audit log: receipt codes, file names, and
 * the hash chain that makes changes detectable. portvakt-audit writes the log;
 * any reader of its files can verify it. */
#ifndef REGION_AUDIT_AUDIT_CHAIN_H
#define REGION_AUDIT_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"

enum { AUDIT_HASH_DIGITS = 64 }; /* hex digits */

/* Returns a receipt code such as `A-1121-7K4Q`: node, month and day, counter in
 * Crockford's base 32, check letter. */
char *receipt_code_format(struct arena *a, const char *node,
                          const char *month_day, uint64_t counter);

/* Parses a code as a user types it: lower case, O for 0, I and L for 1.
 * *ret_code is the canonical form.  Returns false if the form or the check
 * letter is invalid. */
bool receipt_code_parse(struct arena *a, const char *typed,
                        const char **ret_code, const char **ret_node,
                        const char **ret_month_day,
                        uint64_t *ret_counter) must_check;

/* Returns the date or a file name such as `2026-11-21.a.jsonl`, in the
 * Europe/Oslo time zone, allocated in a. */
char *audit_day(struct arena *a, int64_t when); /* YYYY-MM-DD */
char *audit_file_name(struct arena *a, const char *day, const char *node,
                      const char *ending);

/* Returns the text of a signed head: the file has this many lines, and this is
 * the hash of the last. */
char *audit_head_text(struct arena *a, const char *municipality,
                      const char *file, uint64_t lines, const char *hash);

/* ---- verifying */

struct audit_chain_summary {
	size_t files, lines, heads;
	/* Lines after the last signed head: their integrity is not proved by a
	 * signature. */
	size_t unsigned_lines;
};

/* Verifies the hash chain of one municipality's directory and one node through
 * all its files, and against the signed heads. public_key: PEM of the audit
 * key; NULL: signatures are not checked.  On error returns ERROR_INVALID with
 * file and line of the first problem. */
bool audit_chain_verify(const char *folder, const char *municipality,
                        const char *node, const char *public_key,
                        struct audit_chain_summary *ret_summary,
                        struct error *err) must_check;

#endif
