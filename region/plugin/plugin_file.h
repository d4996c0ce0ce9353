/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_file.h: where plugins are, and the bytes of a plugin or of its data.
 * What is hashed is what is loaded: a file is read once, and never again by its
 * path. */
#ifndef REGION_PLUGIN_PLUGIN_FILE_H
#define REGION_PLUGIN_PLUGIN_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"

enum {
	PLUGIN_MAX_BYTES = 16 * 1024 * 1024,
	PLUGIN_MAX_DATA_BYTES = 8 * 1024 * 1024,
	PLUGIN_MAX_WORKERS = 16,
	PLUGIN_HASH_SIZE = 65, /* 64 hexadecimal digits and a NUL */
};

/* Returns the directory with one folder for each municipality and the folder
 * region: next to the program in a build tree, else the installed one.  The
 * same for all programs of an installation. */
const char *plugin_directory(struct arena *a);

/* Returns the path of a plugin; owner is a municipality's name or "region". */
const char *plugin_path(struct arena *a, const char *owner, const char *name);

/* Returns whether the plugin can define the condition: the one with its own
 * name, and those that start with its name and a hyphen. */
bool plugin_defines_condition(const char *plugin, const char *condition);

struct plugin_bytes {
	const char *bytes; /* owned by the arena */
	size_t length;
	char hash[PLUGIN_HASH_SIZE]; /* SHA-256 */
};

/* Checks who can change a shared object.  ERROR_REFUSED: it is missing, a
 * symbolic link or no regular file, belongs neither to root nor to this user,
 * or others can write it. */
bool plugin_check_library(const char *path, struct error *err) must_check;

/* Reads a shared object.  ERROR_REFUSED: it is missing, a symbolic link or no
 * regular file, or it is too large. */
bool plugin_read_library(struct arena *a, const char *path,
                         struct plugin_bytes *ret,
                         struct error *err) must_check;

/* The same for a data file. */
bool plugin_read_data(struct arena *a, const char *path,
                      struct plugin_bytes *ret, struct error *err) must_check;

/* Sets the hash of a file as it is now, without a check of its owner; "absent"
 * if it cannot be read. */
void plugin_hash_file(const char *path, char ret[PLUGIN_HASH_SIZE]);

#endif
