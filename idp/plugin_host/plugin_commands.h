/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_commands.h: the parts of portvaktctl that run plugins: portvaktctl
 * starts this program with an internal first argument. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_COMMANDS_H
#define IDP_PLUGIN_HOST_PLUGIN_COMMANDS_H

#include "lib/arena.h"

#define PLUGIN_CHECK_ARGUMENT "--check-plugins"
#define PLUGIN_TEST_ARGUMENT  "--test-plugin"

/* Returns the path of this program. */
const char *plugin_host_program(struct arena *a);

/* Loads all plugins of a configuration in workers and checks them and the
 * conditions that use them; prints each error with file, line and column.
 * Returns the exit status: 1 if there is one.  A configuration with errors of
 * its own has none here. */
int plugin_check_main(const char *file);

/* The same for a configuration that may become the next one, for a supervisor
 * (region/ipc/candidate_plugins.h).  arguments: MAIN-FILE FOLDER [MUNICIPALITY
 * ...], NULL-terminated. */
int plugin_candidate_main(char **arguments);

#endif
