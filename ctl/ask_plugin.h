/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ask_plugin.h: asks the plugins of a configuration that no process runs: the
 * program portvakt-plugin-host loads them in its sandbox, one for each
 * municipality or the region, at the first question. */
#ifndef CTL_ASK_PLUGIN_H
#define CTL_ASK_PLUGIN_H

#include "ctl/ctl.h"
#include "lib/error.h"
#include "region/config/policy_parse.h"

struct plugin_asker;

/* file: the main file, or a copy. The caller closes it. */
struct plugin_asker *plugin_asker_open(const struct command *c,
                                       const char *file);
/* Ends the programs. */
void plugin_asker_close(struct plugin_asker *asker);

/* Asks owner's plugin, "region" or a municipality. On error: it cannot be
 * asked, and the condition has no result. */
bool plugin_asker_ask(struct plugin_asker *asker, const char *owner,
                      const struct condition *condition,
                      const struct portvakt_context *facts,
                      enum portvakt_verdict *ret_verdict,
                      struct error *err) must_check;

#endif
