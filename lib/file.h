/* SPDX-License-Identifier: AGPL-3.0-or-later
 * file.h: reads whole files up to a size limit; replaces files atomically. */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"

/* Returns the content in *ret_bytes, NUL-terminated and owned by the arena.
 * Error INVALID if it is larger than max_length bytes. */
bool file_read(struct arena *a, const char *path, size_t max_length,
               char **ret_bytes, size_t *ret_length,
               struct error *err) must_check;

/* The same for a secret file. Error INVALID also if group or others have
 * access, or the owner is neither root nor the process. One trailing newline is
 * removed. */
bool file_read_secret(struct arena *a, const char *path, char **ret_secret,
                      struct error *err) must_check;

/* Writes a temporary file, syncs it and renames it to path, so that path has
 * either the old or the new content. */
bool file_write(const char *path, const void *bytes, size_t length,
                unsigned mode, struct error *err) must_check;

/* Returns the names in a directory that end in suffix, sorted, NULL-terminated,
 * without hidden files. */
bool file_list(struct arena *a, const char *path, const char *suffix,
               char ***ret_names, size_t *ret_count,
               struct error *err) must_check;

/* Returns path relative to the directory of the file base, unless it is
 * absolute. */
char *file_relative_to(struct arena *a, const char *base, const char *path);

#endif
