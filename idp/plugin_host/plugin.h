/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin.h: a loaded shared object that defines conditions, in the worker.
 * Each error is one sentence for operators. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_H
#define IDP_PLUGIN_HOST_PLUGIN_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "plugins/portvakt-plugin.h"

/* Loads plugin `name` in the sandbox (seccomp_filter.h).  On error
 * ERROR_REFUSED: it cannot be linked, has another interface or name, or a
 * condition outside its own name. */
bool plugin_load(struct arena *a, const char *name,
                 const struct portvakt_plugin **ret_plugin,
                 struct error *err) must_check;

/* Calls prepare() or prepare_data(). */
bool plugin_prepare(const struct portvakt_plugin *p,
                    const struct portvakt_data *data,
                    struct error *err) must_check;

/* Calls self_test(); true if the plugin has none. */
bool plugin_self_test(const struct portvakt_plugin *p,
                      struct error *err) must_check;

/* Returns the plugin's own version, or NULL. */
const char *plugin_release(const struct portvakt_plugin *p);

/* Returns the condition with this name, or NULL. */
const struct portvakt_condition *plugin_find_condition(
    const struct portvakt_plugin *p, const char *name);

#endif
