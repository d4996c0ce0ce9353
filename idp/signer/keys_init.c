/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys_init.c: makes the first keys of an issuer, on request only: a missing
 * file is a lost one (docs/decisions/0024). The keys are made beside their
 * place and moved there together, so a crash leaves all or none. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "idp/signer/key_files.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/strbuf.h"

/* Generating primes takes long, so the lock is of its own. */
static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;

static bool keys_init_refuse(const char *path, struct error *err)
{
	return error_set(err, ERROR_REFUSED,
	                 "%s exists: keys are made once. If some are lost, "
	                 "restore them from a backup",
	                 path);
}

/* Returns the names in a directory; none if it does not exist. */
static bool keys_init_list(struct arena *a, const char *folder,
                           char ***ret_names, size_t *ret_count,
                           struct error *err)
{
	*ret_count = 0;
	return !key_file_exists(folder) ||
	       file_list(a, folder, "", ret_names, ret_count, err);
}

/* An empty directory is that of a new issuer. */
static bool keys_init_check_issuer(struct arena *a, const char *folder,
                                   struct error *err)
{
	size_t count;
	char **names;

	if (!keys_init_list(a, folder, &names, &count, err))
		return false;
	return count == 0 ||
	       keys_init_refuse(arena_printf(a, "%s/%s", folder, names[0]),
	                        err);
}

static bool keys_init_check_region(struct arena *a, struct error *err)
{
	for (size_t i = 0; i < KEY_REGION_FILE_COUNT; i++) {
		const char *path = keys_issuer_dir(a, key_region_files[i]);

		if (key_file_exists(path))
			return keys_init_refuse(path, err);
	}
	return true;
}

/* ---- making them beside their place */

/* Returns an empty directory; an earlier attempt may have left files in it. */
static bool keys_init_open_draft(struct arena *a, const char *name,
                                 const char **ret_folder, struct error *err)
{
	const char *folder =
	    arena_printf(a, "%s.new", keys_issuer_dir(a, name));
	size_t count;
	char **names;

	if (!keys_init_list(a, folder, &names, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (unlink(arena_printf(a, "%s/%s", folder, names[i])) != 0)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "cannot remove %s/%s: %s", folder,
			                 names[i], strerror(errno));
	*ret_folder = folder;
	return key_file_mkdir(folder, err);
}

static bool keys_init_draft_issuer(struct arena *a, const char *name,
                                   const char *url, const char **ret_folder,
                                   struct error *err)
{
	const int64_t now = clock_now();

	if (!keys_init_open_draft(a, name, ret_folder, err) ||
	    !key_file_create_secret(arena_printf(a, "%s/salt", *ret_folder),
	                            err))
		return false;
	for (size_t i = 0; i < KEY_SPEC_COUNT; i++)
		if (!key_file_create(*ret_folder, &key_specs[i], url, now, err))
			return false;
	return true;
}

static bool keys_init_draft_region(struct arena *a, const char **ret_folder,
                                   struct error *err)
{
	if (!keys_init_open_draft(a, "region-wide", ret_folder, err))
		return false;
	for (size_t i = 0; i < KEY_REGION_FILE_COUNT; i++) {
		const char *name = key_region_files[i];
		const char *path = arena_printf(a, "%s/%s", *ret_folder, name);

		if (text_equal(name, KEY_FILE_MAC)
		        ? !key_file_create_secret(path, err)
		        : !key_file_create_pem(path, "ES256", NULL, err))
			return false;
	}
	return true;
}

/* ---- moving them to it */

static bool keys_init_move(const char *from, const char *to, struct error *err)
{
	return rename(from, to) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot rename %s to %s: %s",
	                 from, to, strerror(errno));
}

static bool keys_init_move_region(struct arena *a, const char *draft,
                                  struct error *err)
{
	for (size_t i = 0; i < KEY_REGION_FILE_COUNT; i++)
		if (!keys_init_move(
			arena_printf(a, "%s/%s", draft, key_region_files[i]),
			keys_issuer_dir(a, key_region_files[i]), err))
			return false;
	(void)rmdir(draft);
	return true;
}

static bool keys_init_locked(struct arena *a, const char *name, const char *url,
                             struct error *err)
{
	const char *folder = keys_issuer_dir(a, name);
	const bool region = text_equal(name, KEYS_REGION);
	const char *issuer_draft, *region_draft = NULL;

	if (keys_are_loaded(name))
		return keys_init_refuse(folder, err);
	if (!keys_init_check_issuer(a, folder, err) ||
	    (region && !keys_init_check_region(a, err)) ||
	    !keys_init_draft_issuer(a, name, url, &issuer_draft, err) ||
	    (region && !keys_init_draft_region(a, &region_draft, err)))
		return false;
	return (!region || keys_init_move_region(a, region_draft, err)) &&
	       keys_init_move(issuer_draft, folder, err) &&
	       (!region || keys_require_region(err)) && keys_require(name, err);
}

bool keys_init(const char *name, const char *url, struct error *err)
{
	struct arena *a = arena_open();

	(void)pthread_mutex_lock(&init_lock);
	bool good = keys_init_locked(a, name, url, err);
	(void)pthread_mutex_unlock(&init_lock);
	arena_close(a);
	return good;
}
