/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_store.c: files of a plugin host: NAME.so and NAME.data, the same with
 * .previous, and NAME.refused. */
#include "idp/plugin_host/plugin_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/strbuf.h"

enum { MAX_IDENTITY_BYTES = 256 };

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

static const char *store_path(struct arena *a, const struct plugin_store *s,
                              const char *suffix)
{
	return arena_printf(a, "%s/%s%s", s->directory, s->plugin, suffix);
}

static bool store_rename(struct arena *a, const struct plugin_store *s,
                         const char *from, const char *to, struct error *err)
{
	const char *target = store_path(a, s, to);

	if (rename(store_path(a, s, from), target) == 0)
		return true;
	if (errno != ENOENT)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot replace %s: %s", target,
		                 strerror(errno));
	/* No data in this version. */
	(void)unlink(target);
	return true;
}

static bool plugin_store_open_version(const struct plugin_store *s,
                                      const char *version,
                                      struct plugin_image *ret,
                                      struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	const char *data =
	    store_path(a, s, arena_printf(a, "%s.data", version));

	return plugin_image_open(
	    ret, store_path(a, s, arena_printf(a, "%s.so", version)),
	    access(data, F_OK) == 0 ? data : NULL, err);
}

bool plugin_store_open_current(const struct plugin_store *s,
                               struct plugin_image *ret, struct error *err)
{
	return plugin_store_open_version(s, "", ret, err);
}

bool plugin_store_open_previous(const struct plugin_store *s,
                                struct plugin_image *ret, struct error *err)
{
	return plugin_store_open_version(s, ".previous", ret, err);
}

static bool store_has(struct arena *a, const struct plugin_store *s,
                      const struct plugin_image *image)
{
	char hash[PLUGIN_HASH_SIZE], data[PLUGIN_HASH_SIZE];

	plugin_hash_file(store_path(a, s, ".so"), hash);
	plugin_hash_file(store_path(a, s, ".data"), data);
	return text_equal(hash, image->hash) &&
	       (text_equal(data, image->data_hash) ||
	        (text_equal(data, "absent") &&
	         text_equal(image->data_hash, "-")));
}

bool plugin_store_keep(const struct plugin_store *s,
                       const struct plugin_image *image, struct error *err)
{
	own(close_arena) struct arena *a = arena_open();

	if (store_has(a, s, image))
		return true;
	return store_rename(a, s, ".so", ".previous.so", err) &&
	       store_rename(a, s, ".data", ".previous.data", err) &&
	       plugin_image_save(image, store_path(a, s, ".so"),
	                         store_path(a, s, ".data"), err);
}

bool plugin_store_swap(const struct plugin_store *s, const char *refused,
                       struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	const char *note = store_path(a, s, ".refused");

	if (!store_rename(a, s, ".so", ".swap.so", err) ||
	    !store_rename(a, s, ".data", ".swap.data", err) ||
	    !store_rename(a, s, ".previous.so", ".so", err) ||
	    !store_rename(a, s, ".previous.data", ".data", err) ||
	    !store_rename(a, s, ".swap.so", ".previous.so", err) ||
	    !store_rename(a, s, ".swap.data", ".previous.data", err))
		return false;
	if (refused)
		return file_write(note, refused, strlen(refused), 0600, err);
	(void)unlink(note);
	return true;
}

bool plugin_store_is_refused(const struct plugin_store *s, const char *identity)
{
	own(close_arena) struct arena *a = arena_open();
	char *bytes;
	size_t length;

	return file_read(a, store_path(a, s, ".refused"), MAX_IDENTITY_BYTES,
	                 &bytes, &length, NULL) &&
	       text_equal(bytes, identity);
}
