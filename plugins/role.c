/* SPDX-License-Identifier: AGPL-3.0-or-later
 * role.c: condition `role NAME ...`: the affiliation has one of these roles. */
#define PORTVAKT_BUILT_IN portvakt_role
#include "plugins/portvakt-plugin.h"

#include <string.h>

/* The policy parser checks that the roles exist. */
static size_t role_condition_validate(size_t count,
                                      const char *const *arguments,
                                      const char **ret_expected)
{
	(void)arguments;
	*ret_expected = "the name of a role";
	return count > 0 ? 0 : 1;
}

static int role_is_held(const char *role, const char *const *roles)
{
	for (; *roles; roles++)
		if (strcmp(*roles, role) == 0)
			return 1;
	return 0;
}

static enum portvakt_verdict role_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	for (size_t i = 0; i < count; i++)
		if (role_is_held(arguments[i], context->roles))
			return PORTVAKT_PERMIT;
	return PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "role",
	  .description = "NAME ...: the affiliation has one of these roles.",
	  .validate = role_condition_validate,
	  .evaluate = role_condition_evaluate },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "role",
	.conditions = conditions,
};
