/* SPDX-License-Identifier: AGPL-3.0-or-later
 * record.h: the form of the record: codes of receipts, and the chain that
 * shows whether anything in it was changed.  The scribe writes it; whoever
 * may read the files can verify them. */
#ifndef REGION_RECORD_H
#define REGION_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/fault.h"

enum { RECORD_HASH = 64 }; /* hex digits */

/* `A-1121-7K4Q`: node, month and day, counter in Crockford's base 32, check
 * letter. */
char *record_code(struct arena *a, const char *node, const char *month_day,
                  uint64_t counter);

/* A code as people type it: small letters, O for 0, I and L for 1.  ret_code
 * is as it was written.  False where a letter is wrong. */
bool record_code_read(struct arena *a, const char *typed, const char **ret_code,
                      const char **ret_node, const char **ret_month_day,
                      uint64_t *ret_counter) must_check;

/* `2026-11-21.a.jsonl` and the like in Europe/Oslo, living in a. */
char *record_day(struct arena *a, int64_t when); /* YYYY-MM-DD */
char *record_file(struct arena *a, const char *day, const char *node,
                  const char *ending);

/* What a head says, to be signed and checked: so many lines of that file, the
 * last of which has this hash. */
char *record_head(struct arena *a, const char *municipality, const char *file,
                  uint64_t lines, const char *hash);

/* ---- verifying */

struct record_found {
	size_t files, lines, heads;
	/* Lines behind the last signed head: nobody but the file vouches for
	 * the end of the chain. */
	size_t unsigned_lines;
};

/* Follows the chain of one municipality's folder and one node through all its
 * files, and holds it against the heads.  public_key: PEM of the record's
 * key; NULL: signatures are not looked at.  INVALID names file and line of
 * the first thing that is wrong. */
bool record_verify(const char *folder, const char *municipality,
                   const char *node, const char *public_key,
                   struct record_found *ret_found,
                   struct fault *why) must_check;

#endif
