/* SPDX-License-Identifier: AGPL-3.0-or-later
 * file.h: files read whole within a limit, written whole or not at all. */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/fault.h"

/* The file's bytes with a NUL behind them, living in a; INVALID over most. */
bool file_read(struct arena *a, const char *path, size_t most, char **ret_bytes,
               size_t *ret_length, struct fault *why) must_check;

/* The same for a secret: also INVALID where group or others may read it, or
 * its owner is neither root nor us.  One trailing line break is cut. */
bool file_read_secret(struct arena *a, const char *path, char **ret_secret,
                      struct fault *why) must_check;

/* Beside it, synced, renamed over it: path is the old or the new, never half.
 */
bool file_write(const char *path, const void *bytes, size_t length,
                unsigned mode, struct fault *why) must_check;

/* The names in a directory that end in suffix, sorted; NULL-terminated. */
bool file_list(struct arena *a, const char *path, const char *suffix,
               char ***ret_names, size_t *ret_count,
               struct fault *why) must_check;

/* path from the folder of beside, unless path begins with a slash. */
char *file_beside(struct arena *a, const char *beside, const char *path);

#endif
