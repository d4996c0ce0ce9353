/* SPDX-License-Identifier: AGPL-3.0-or-later
 * credential.c: finds a credential file by name: systemd's, the process's own
 * or the shared one. */
#include "lib/process/credential.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/file.h"
#include "lib/process/daemon.h"

enum { MAX_CREDENTIAL_NAME = 128 };

/* A name is one path component without a leading dot: no traversal. */
static bool credential_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= MAX_CREDENTIAL_NAME && name[0] != '.' &&
	       strspn(name,
	              "abcdefghijklmnopqrstuvwxyz"
	              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == length;
}

/* Existence decides: a file that exists but cannot be read is an error, not a
 * reason to try another. */
static bool credential_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Returns systemd's credentials directory, or NULL. */
static const char *credential_systemd_directory(void)
{
	const char *given = getenv("CREDENTIALS_DIRECTORY");

	return given && *given ? given : NULL;
}

/* Returns the path of the credential, or where it should be if there is
 * none. */
static const char *credential_path(struct arena *a, const char *directory,
                                   const char *name)
{
	const char *systemd_directory = credential_systemd_directory();
	const char *path;

	if (systemd_directory) {
		path = arena_printf(a, "%s/%s", systemd_directory, name);
		if (!directory || credential_exists(path))
			return path;
	}
	if (daemon_short_name()) {
		path = arena_printf(a, "%s/%s/%s", directory,
		                    daemon_short_name(), name);
		if (credential_exists(path))
			return path;
	}
	return arena_printf(a, "%s/%s", directory, name);
}

bool credential_read(struct arena *a, const char *directory, const char *name,
                     char **ret_secret, struct error *err)
{
	if (!credential_name_is_valid(name))
		return error_set(err, ERROR_INVALID,
		                 "credential name has a character other than "
		                 "letters, digits, '.', '-' and '_'");
	if (!directory && !credential_systemd_directory())
		return error_set(
		    err, ERROR_INVALID,
		    "cannot read @%s: no credentials directory; set "
		    "credentials-directory, or LoadCredential in the unit",
		    name);
	return file_read_secret(a, credential_path(a, directory, name),
	                        ret_secret, err);
}

/* Looks in one directory; sets *hidden if it cannot be searched. */
static const char *credential_find_in(struct arena *a, const char *directory,
                                      const char *name, bool *hidden)
{
	const char *path = arena_printf(a, "%s/%s", directory, name);

	if (credential_exists(path))
		return path;
	if (errno != ENOENT && errno != ENOTDIR)
		*hidden = true;
	return NULL;
}

bool credential_find(struct arena *a, const char *directory, const char *name,
                     const char **ret_path)
{
	char **subdirectories = NULL;
	size_t count = 0;
	bool hidden = false;
	const char *path = credential_find_in(a, directory, name, &hidden);

	if (!path &&
	    !file_list(a, directory, "", &subdirectories, &count, NULL))
		hidden = hidden || access(directory, X_OK) == 0;
	for (size_t i = 0; !path && i < count; i++)
		path = credential_find_in(
		    a, arena_printf(a, "%s/%s", directory, subdirectories[i]),
		    name, &hidden);
	*ret_path = path;
	return path || hidden;
}

/* ---- keys */

static int credential_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool credential_read_hex(const char *text,
                                unsigned char ret[CREDENTIAL_KEY_SIZE])
{
	for (size_t i = 0; i < CREDENTIAL_KEY_SIZE; i++) {
		int high = credential_hex_digit(text[2 * i]);
		int low = credential_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

/* 64 hexadecimal digits, or base64 or base64url of 32 bytes. */
static bool credential_decode_key(struct arena *a, const char *text,
                                  unsigned char ret[CREDENTIAL_KEY_SIZE])
{
	const size_t length = strlen(text);
	unsigned char *bytes;
	size_t count;

	if (length == 2 * CREDENTIAL_KEY_SIZE)
		return credential_read_hex(text, ret);
	if (!base64url_decode(a, text, length, &bytes, &count) &&
	    !base64_decode(a, text, length, &bytes, &count))
		return false;
	if (count != CREDENTIAL_KEY_SIZE)
		return false;
	memcpy(ret, bytes, CREDENTIAL_KEY_SIZE);
	return true;
}

bool credential_read_key(struct arena *a, const char *directory,
                         const char *name,
                         unsigned char ret[CREDENTIAL_KEY_SIZE],
                         struct error *err)
{
	char *text;

	if (!credential_read(a, directory, name, &text, err))
		return false;
	return credential_decode_key(a, text, ret) ||
	       error_set(err, ERROR_INVALID,
	                 "@%s is not 32 bytes in hex or base64", name);
}
