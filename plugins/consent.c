/* SPDX-License-Identifier: AGPL-3.0-or-later
 * consent.c: example of a municipality's own condition: `consent for SERVICE`,
 * a guardian has consented.
 *
 * The school keeps consents as groups in its directory. `people { }` maps them
 * to roles, `consent` for all services or `consent-SERVICE` for one, and sync
 * removes the role when a consent is withdrawn. There is no second register. */
#include "plugins/portvakt-plugin.h"

#include <string.h>

static const char role[] = "consent";

static size_t consent_read(size_t count, const char *const *arguments,
                           const char **ret_why)
{
	*ret_why = "for SERVICE";
	if (count == 0 || strcmp(arguments[0], "for") != 0)
		return 1;
	if (count == 1)
		return 2;
	return count > 2 ? 3 : 0;
}

/* Returns whether the role covers all services or this one. */
static int covers(const char *held, const char *service)
{
	size_t length = sizeof(role) - 1;

	if (strncmp(held, role, length) != 0)
		return 0;
	if (held[length] == '\0')
		return 1;
	return held[length] == '-' && strcmp(held + length + 1, service) == 0;
}

static enum portvakt_verdict consent_judge(size_t count,
                                           const char *const *arguments,
                                           const struct portvakt_facts *facts)
{
	(void)count;
	for (const char *const *held = facts->roles; *held; held++)
		if (covers(*held, arguments[1]))
			return PORTVAKT_PERMIT;
	return PORTVAKT_DENY;
}

static const struct portvakt_word words[] = {
	{ .name = "consent",
	  .explained = "for SERVICE: a guardian has agreed that this pupil "
	               "uses it.",
	  .read = consent_read,
	  .judge = consent_judge,
	  .reason = "consent" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "consent",
	.words = words,
};
