/* SPDX-License-Identifier: AGPL-3.0-or-later
 * test-plugin.h: defines a plugin with one condition of its own name. */
#ifndef TESTS_PLUGINS_TEST_PLUGIN_H
#define TESTS_PLUGINS_TEST_PLUGIN_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/portvakt-plugin.h"

/* Above the largest pid: getpid() and getppid() are forbidden themselves. */
enum { NO_PROCESS = 0x7ffffff };

static size_t validate_any(size_t count, const char *const *arguments,
                           const char **ret_why)
{
	*ret_why = "anything but \"bad\"";
	return count > 0 && strcmp(arguments[0], "bad") == 0;
}

#define TEST_PLUGIN(name_, evaluate_)                           \
	static const struct portvakt_condition conditions[] = { \
		{ .name = name_,                                \
		  .description = "x.",                          \
		  .validate = validate_any,                     \
		  .evaluate = evaluate_ },                      \
		{ .name = NULL },                               \
	};                                                      \
	const struct portvakt_plugin PORTVAKT_PLUGIN = {        \
		.version = PORTVAKT_PLUGIN_1,                   \
		.name = name_,                                  \
		.conditions = conditions,                       \
	};

#endif
