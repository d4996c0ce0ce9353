/* SPDX-License-Identifier: AGPL-3.0-or-later
 * credential.h: credentials by name. Each is a file of $CREDENTIALS_DIRECTORY
 * (systemd LoadCredential=), else of the process's subdirectory of the
 * configured directory, which only its user may enter, else of the configured
 * directory. */
#ifndef LIB_PROCESS_CREDENTIAL_H
#define LIB_PROCESS_CREDENTIAL_H

#include "lib/arena.h"
#include "lib/error.h"

/* Returns the credential of that name (without the @), owned by the arena and
 * wiped with it. On error returns false. */
bool credential_read(struct arena *a, const char *directory, const char *name,
                     char **ret_secret, struct error *err) must_check;

/* The same for a key: 32 bytes as 64 hexadecimal digits, base64 or
 * base64url. */
enum { CREDENTIAL_KEY_SIZE = 32 };
bool credential_read_key(struct arena *a, const char *directory,
                         const char *name,
                         unsigned char ret[CREDENTIAL_KEY_SIZE],
                         struct error *err) must_check;

/* Returns whether any process has that credential, and its path, for a check of
 * the configuration. If a directory is not searchable, returns true with a NULL
 * path. */
bool credential_find(struct arena *a, const char *directory, const char *name,
                     const char **ret_path) must_check;

#endif
