/* SPDX-License-Identifier: AGPL-3.0-or-later
 * secret.h: credentials by name, as systemd's LoadCredential hands them out.
 * The folder is $CREDENTIALS_DIRECTORY, or else the one configured. */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include "lib/arena.h"
#include "lib/fault.h"

/* The credential called name (without the @), living in a, wiped with it. */
bool secret_read(struct arena *a, const char *folder, const char *name,
                 char **ret_secret, struct fault *why) must_check;

#endif
