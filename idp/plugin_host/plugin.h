/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin.h: a shared object that defines conditions, checked before it is
 * loaded. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_H
#define IDP_PLUGIN_HOST_PLUGIN_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "plugins/portvakt-plugin.h"

/* Loads plugin `name` from folder and calls its prepare() with the data
 * directory.  On error returns ERROR_REFUSED: a symbolic link, an owner other
 * than root or this user, writable by group or others, or a condition outside
 * its own name; ERROR_UNAVAILABLE if prepare() fails.  The plugin stays loaded
 * until the process exits. */
bool plugin_load(struct arena *a, const char *folder, const char *name,
                 const char *data, const struct portvakt_plugin **ret_plugin,
                 struct error *err) must_check;

/* Returns the condition with this name, or NULL. */
const struct portvakt_condition *plugin_find_condition(
    const struct portvakt_plugin *p, const char *name);

#endif
