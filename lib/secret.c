/* SPDX-License-Identifier: AGPL-3.0-or-later
 * secret.c: credentials by name, as systemd's LoadCredential hands them out. */
#include "lib/secret.h"

#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

enum { LONGEST_NAME = 128 };

/* A name is one part of a path and never hidden, so it cannot climb. */
static bool is_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= LONGEST_NAME && name[0] != '.' &&
	       strspn(name,
	              "abcdefghijklmnopqrstuvwxyz"
	              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == length;
}

bool secret_read(struct arena *a, const char *folder, const char *name,
                 char **ret_secret, struct fault *why)
{
	const char *given = getenv("CREDENTIALS_DIRECTORY");
	const char *where = given && *given ? given : folder;

	if (!is_name(name))
		return fault(
		    why, FAULT_INVALID,
		    "a credential's name is letters, digits, . - and _");
	if (!where)
		return fault(why, FAULT_INVALID,
		             "no folder of credentials is given for @%s", name);
	return file_read_secret(a, arena_print(a, "%s/%s", where, name),
	                        ret_secret, why);
}
