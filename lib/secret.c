/* SPDX-License-Identifier: AGPL-3.0-or-later
 * credential.c: finds a credential file by name: systemd's, the process's own
 * or the shared one. */
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/daemon.h"
#include "lib/file.h"

enum { LONGEST_NAME = 128 };

/* A name is one path component without a leading dot: no traversal. */
static bool is_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= LONGEST_NAME && name[0] != '.' &&
	       strspn(name,
	              "abcdefghijklmnopqrstuvwxyz"
	              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == length;
}

/* Existence decides: a file that exists but cannot be read is an error, not a
 * reason to try another. */
static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Returns systemd's credentials directory, or NULL. */
static const char *folder_given(void)
{
	const char *given = getenv("CREDENTIALS_DIRECTORY");

	return given && *given ? given : NULL;
}

/* Returns the path of the credential, or where it should be if there is
 * none. */
static const char *path_of(struct arena *a, const char *folder,
                           const char *name)
{
	const char *given = folder_given();
	const char *path;

	if (given) {
		path = arena_print(a, "%s/%s", given, name);
		if (!folder || is_there(path))
			return path;
	}
	if (daemon_role()) {
		path = arena_print(a, "%s/%s/%s", folder, daemon_role(), name);
		if (is_there(path))
			return path;
	}
	return arena_print(a, "%s/%s", folder, name);
}

bool secret_read(struct arena *a, const char *folder, const char *name,
                 char **ret_secret, struct fault *why)
{
	if (!is_name(name))
		return fault(
		    why, FAULT_INVALID,
		    "a credential's name is letters, digits, . - and _");
	if (!folder && !folder_given())
		return fault(why, FAULT_INVALID,
		             "no folder of credentials is given for @%s", name);
	return file_read_secret(a, path_of(a, folder, name), ret_secret, why);
}

/* Looks in one directory; sets *hidden if it cannot be searched. */
static const char *look_in(struct arena *a, const char *folder,
                           const char *name, bool *hidden)
{
	const char *path = arena_print(a, "%s/%s", folder, name);

	if (is_there(path))
		return path;
	if (errno != ENOENT && errno != ENOTDIR)
		*hidden = true;
	return NULL;
}

bool secret_find(struct arena *a, const char *folder, const char *name,
                 const char **ret_path)
{
	char **roles = NULL;
	size_t count = 0;
	bool hidden = false;
	const char *path = look_in(a, folder, name, &hidden);

	if (!path && !file_list(a, folder, "", &roles, &count, NULL))
		hidden = hidden || access(folder, X_OK) == 0;
	for (size_t i = 0; !path && i < count; i++)
		path = look_in(a, arena_print(a, "%s/%s", folder, roles[i]),
		               name, &hidden);
	*ret_path = path;
	return path || hidden;
}

/* ---- keys */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool read_hex(const char *text, unsigned char ret[SECRET_KEY])
{
	for (size_t i = 0; i < SECRET_KEY; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

/* 64 hexadecimal digits, or base64 or base64url of 32 bytes. */
static bool read_key_text(struct arena *a, const char *text,
                          unsigned char ret[SECRET_KEY])
{
	const size_t length = strlen(text);
	unsigned char *bytes;
	size_t count;

	if (length == 2 * SECRET_KEY)
		return read_hex(text, ret);
	if (!base64url_read(a, text, length, &bytes, &count) &&
	    !base64_read(a, text, length, &bytes, &count))
		return false;
	if (count != SECRET_KEY)
		return false;
	memcpy(ret, bytes, SECRET_KEY);
	return true;
}

bool secret_key(struct arena *a, const char *folder, const char *name,
                unsigned char ret[SECRET_KEY], struct fault *why)
{
	char *text;

	if (!secret_read(a, folder, name, &text, why))
		return false;
	return read_key_text(a, text, ret) ||
	       fault(why, FAULT_INVALID, "@%s is not 32 bytes in hex or base64",
	             name);
}
