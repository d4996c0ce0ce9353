/* SPDX-License-Identifier: AGPL-3.0-or-later
 * file.h: reads whole files up to a size limit; replaces files atomically. On
 * error each returns false: ERROR_INVALID if the path does not exist or access
 * is denied, ERROR_UNAVAILABLE for other errors of the system. */
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

/* The same for a file that everyone can read; ERROR_INVALID for another. */
bool file_read_public(struct arena *a, const char *path, size_t max_length,
                      char **ret_bytes, size_t *ret_length,
                      struct error *err) must_check;

/* Returns the content of a secret file of at most 64 KiB, owned by the arena,
 * without one trailing newline. Error INVALID also if it is empty or has a NUL,
 * if group or others have access, or if the owner is neither root nor the user
 * of this process. */
bool file_read_secret(struct arena *a, const char *path, char **ret_secret,
                      struct error *err) must_check;

/* Writes a temporary file beside path with this mode, syncs it and renames it
 * to path, so that path has either the old or the new content. */
bool file_write(const char *path, const void *bytes, size_t length,
                unsigned mode, struct error *err) must_check;

/* Creates the missing directories above path, with mode 0755. */
bool file_create_folders(const char *path, struct error *err) must_check;

/* Removes a file, or a directory with all that is in it. */
void file_remove_tree(const char *path);

/* Returns the names in a directory that end in suffix, sorted by bytes,
 * NULL-terminated, without hidden files, owned by the arena. */
bool file_list(struct arena *a, const char *path, const char *suffix,
               char ***ret_names, size_t *ret_count,
               struct error *err) must_check;

/* Returns path resolved against the directory of the file base, or a copy of an
 * absolute path; owned by the arena. */
char *file_relative_to(struct arena *a, const char *base, const char *path);

#endif
