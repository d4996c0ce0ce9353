/* SPDX-License-Identifier: AGPL-3.0-or-later
 * consent.c: example of a municipality's own condition: `consent for SERVICE`,
 * a guardian has consented.
 *
 * The school keeps consents as groups in its directory. `people { }` maps them
 * to roles, `consent` for all services or `consent-SERVICE` for one, and sync
 * removes the role when a consent is withdrawn. There is no second register. */
#include "plugins/portvakt-plugin.h"

#include <string.h>

static const char role_name[] = "consent";

static size_t consent_validate(size_t count, const char *const *arguments,
                               const char **ret_expected)
{
	*ret_expected = "for SERVICE";
	if (count == 0 || strcmp(arguments[0], "for") != 0)
		return 1;
	if (count == 1)
		return 2;
	return count > 2 ? 3 : 0;
}

/* Returns whether the role covers all services or this one. */
static int consent_role_covers(const char *role, const char *service)
{
	size_t length = sizeof(role_name) - 1;

	if (strncmp(role, role_name, length) != 0)
		return 0;
	if (role[length] == '\0')
		return 1;
	return role[length] == '-' && strcmp(role + length + 1, service) == 0;
}

static enum portvakt_verdict consent_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	(void)count;
	for (const char *const *role = context->roles; *role; role++)
		if (consent_role_covers(*role, arguments[1]))
			return PORTVAKT_PERMIT;
	return PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "consent",
	  .description = "for SERVICE: a guardian has agreed that this pupil "
	                 "uses it.",
	  .validate = consent_validate,
	  .evaluate = consent_evaluate,
	  .reason = "consent" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "consent",
	.conditions = conditions,
};
