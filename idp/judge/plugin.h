/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin.h: one shared object that teaches words, looked at before it is
 * believed. */
#ifndef IDP_JUDGE_PLUGIN_H
#define IDP_JUDGE_PLUGIN_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/fault.h"
#include "plugins/portvakt-plugin.h"

/* The plugin called name out of folder, and prepared with the folder data.
 * Refused where the file, or a part of it, might be anybody's: a link, another
 * owner than root or us, writable by group or others; or where it teaches a
 * word that is not its own.  It stays loaded until the process ends. */
bool plugin_load(struct arena *a, const char *folder, const char *name,
                 const char *data, const struct portvakt_plugin **ret_plugin,
                 struct fault *why) must_check;

/* The word, or NULL. */
const struct portvakt_word *plugin_word(const struct portvakt_plugin *p,
                                        const char *word);

#endif
