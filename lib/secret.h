/* SPDX-License-Identifier: AGPL-3.0-or-later
 * credential.h: credentials by name. Each is a file of $CREDENTIALS_DIRECTORY
 * (systemd LoadCredential=), else of the process's subdirectory of the
 * configured directory, which only its user may enter, else of the configured
 * directory. */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include "lib/arena.h"
#include "lib/fault.h"

/* Returns the credential of that name (without the @), owned by the arena and
 * wiped with it. On error returns false. */
bool secret_read(struct arena *a, const char *folder, const char *name,
                 char **ret_secret, struct fault *why) must_check;

/* The same for a key: 32 bytes as 64 hexadecimal digits, base64 or
 * base64url. */
enum { SECRET_KEY = 32 };
bool secret_key(struct arena *a, const char *folder, const char *name,
                unsigned char ret[SECRET_KEY], struct fault *why) must_check;

/* Returns whether any process has that credential, and its path, for a check of
 * the configuration. If a directory is not searchable, returns true with a NULL
 * path. */
bool secret_find(struct arena *a, const char *folder, const char *name,
                 const char **ret_path) must_check;

#endif
