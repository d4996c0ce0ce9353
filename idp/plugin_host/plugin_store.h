/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_store.h: the plugin host's own copies of a plugin that answered: the
 * current and the previous version, in its state directory. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_STORE_H
#define IDP_PLUGIN_HOST_PLUGIN_STORE_H

#include "idp/plugin_host/plugin_image.h"

/* directory: of one plugin host. */
struct plugin_store {
	const char *directory, *plugin;
};

/* Keeps the image as the current version; the one before it, if it differs,
 * becomes the previous one. */
bool plugin_store_keep(const struct plugin_store *s,
                       const struct plugin_image *image,
                       struct error *err) must_check;

bool plugin_store_open_current(const struct plugin_store *s,
                               struct plugin_image *ret,
                               struct error *err) must_check;
bool plugin_store_open_previous(const struct plugin_store *s,
                                struct plugin_image *ret,
                                struct error *err) must_check;

/* Exchanges both versions, and remembers that the configured files with these
 * hashes are not to be used; NULL: nothing is remembered. */
bool plugin_store_swap(const struct plugin_store *s, const char *refused,
                       struct error *err) must_check;

/* Returns whether an operator has returned from this version to the one before
 * it.  identity: that of plugin_image_identity(). */
bool plugin_store_is_refused(const struct plugin_store *s,
                             const char *identity);

#endif
