/* SPDX-License-Identifier: AGPL-3.0-or-later
 * weighing.h: what a changed configuration does to access, over all people of
 * the catalogue (region/policy/policy_effects.h). */
#ifndef IDP_ADMIN_RELOAD_WEIGHING_H
#define IDP_ADMIN_RELOAD_WEIGHING_H

#include "idp/admin/command/command.h"

/* Prints the effects of after, compared with the active configuration, and
 * returns in *ret_held whether one is larger than max-access-change. Error: the
 * catalogue cannot be read. */
bool weighing_run(const struct admin_command *cmd, const struct config *after,
                  bool prints_names, bool *ret_held,
                  struct error *err) must_check;

/* Prints what the prepared configuration with this hash changes, and returns
 * whether it can be activated: the effects are small, or the command accepts
 * them.  Error: REFUSED, it waits for --accept-effects; UNAVAILABLE, the
 * effects cannot be weighed, which --accept-effects overrides, too. */
bool weighing_allows(const struct admin_command *cmd, const char *hash,
                     struct error *err) must_check;

#endif
