/* SPDX-License-Identifier: AGPL-3.0-or-later
 * key_files.c: reads and writes the files of keys and secrets. */
#include "idp/signer/key_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "idp/signer/key_crypto.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/random.h"
#include "lib/strbuf.h"

enum { SECRET_FILE_MODE = 0600, SECRET_DIR_MODE = 0700 };

const struct key_spec key_specs[KEY_SPEC_COUNT] = {
	{ USE_OIDC, "RS256" },
	{ USE_OIDC, "ES256" },
	{ USE_SAML, "RS256" },
};

const char *const key_region_files[KEY_REGION_FILE_COUNT] = {
	KEY_FILE_MAC,
	KEY_FILE_AUDIT,
	KEY_FILE_TRANSFER,
};

const char *key_use_name(enum key_use use)
{
	static const char *const names[] = {
		[USE_NONE] = "none",
		[USE_OIDC] = "oidc",
		[USE_SAML] = "saml",
	};

	return names[use];
}

enum key_use key_use_parse(const char *name)
{
	if (text_equal(name, "oidc"))
		return USE_OIDC;
	return text_equal(name, "saml") ? USE_SAML : USE_NONE;
}

bool key_file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool key_file_mkdir(const char *path, struct error *err)
{
	if (mkdir(path, SECRET_DIR_MODE) == 0 || errno == EEXIST)
		return true;
	return error_set(err, ERROR_UNAVAILABLE, "cannot create %s: %s", path,
	                 strerror(errno));
}

bool key_file_read_secret(const char *path, unsigned char ret[KEY_SECRET_BYTES],
                          struct error *err)
{
	struct arena *a = arena_open();
	unsigned char *bytes;
	size_t length;
	char *text;
	bool good = file_read_secret(a, path, &text, err);

	if (good &&
	    (!base64url_decode(a, text, strlen(text), &bytes, &length) ||
	     length != KEY_SECRET_BYTES))
		good =
		    error_set(err, ERROR_INVALID, "%s is not 32 bytes", path);
	if (good)
		memcpy(ret, bytes, KEY_SECRET_BYTES);
	arena_close(a);
	return good;
}

bool key_file_write_secret(const char *path,
                           const unsigned char secret[KEY_SECRET_BYTES],
                           struct error *err)
{
	struct arena *a = arena_open();
	const char *text = arena_printf(
	    a, "%s\n", base64url_encode(a, secret, KEY_SECRET_BYTES));
	bool good = file_write(path, text, strlen(text), SECRET_FILE_MODE, err);

	arena_close(a);
	return good;
}

bool key_file_create_secret(const char *path, struct error *err)
{
	unsigned char secret[KEY_SECRET_BYTES];

	random_bytes(secret, sizeof(secret));
	bool good = key_file_write_secret(path, secret, err);

	explicit_bzero(secret, sizeof(secret));
	return good;
}

bool key_file_read_pem(struct arena *a, const char *path, struct key *ret_key,
                       struct error *err)
{
	struct arena *own_arena = arena_open();
	char *pem;
	struct error wrong = { 0 };
	bool good = file_read_secret(own_arena, path, &pem, err);

	if (good && !key_parse(a, pem, ret_key, &wrong))
		good = error_set(err, wrong.kind, "%s: %s", path, wrong.text);
	arena_close(own_arena);
	return good;
}

bool key_file_create_pem(const char *path, const char *alg, const char *subject,
                         struct error *err)
{
	struct arena *a = arena_open();
	char *pem;
	bool good = key_create(a, alg, subject, &pem, err) &&
	            file_write(path, pem, strlen(pem), SECRET_FILE_MODE, err);

	arena_close(a);
	return good;
}

bool key_file_create(const char *folder, const struct key_spec *spec,
                     const char *url, int64_t from, struct error *err)
{
	struct arena *a = arena_open();
	const char *path =
	    arena_printf(a, "%s/%s-%s-%s.pem", folder, key_use_name(spec->use),
	                 spec->alg, clock_format_generalized_time(a, from));
	bool good = key_file_create_pem(
	    path, spec->alg, spec->use == USE_SAML ? url : NULL, err);

	arena_close(a);
	return good;
}
