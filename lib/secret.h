/* SPDX-License-Identifier: AGPL-3.0-or-later
 * secret.h: credentials by name.  Each is a file of $CREDENTIALS_DIRECTORY, as
 * systemd's LoadCredential hands them out; or of the configured folder's own
 * folder for our role, which its user alone may enter; or of that folder. */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include "lib/arena.h"
#include "lib/fault.h"

/* The credential called name (without the @), living in a, wiped with it. */
bool secret_read(struct arena *a, const char *folder, const char *name,
                 char **ret_secret, struct fault *why) must_check;

/* The same where it is a key: 32 bytes, written as 64 hex digits, base64 or
 * base64url. */
enum { SECRET_KEY = 32 };
bool secret_key(struct arena *a, const char *folder, const char *name,
                unsigned char ret[SECRET_KEY], struct fault *why) must_check;

/* Whether there is such a file for any role at all, for a check before
 * anything runs; its path.  What we may not look into may hold it: then true
 * as well, with a NULL path. */
bool secret_find(struct arena *a, const char *folder, const char *name,
                 const char **ret_path) must_check;

#endif
