/* SPDX-License-Identifier: AGPL-3.0-or-later
 * user_agent.c: summarizes the User-Agent header (RFC 9110 10.1.5). */
#include "idp/session/agent.h"

#include <string.h>

struct sign {
	const char *sign, *name;
};

/* The order matters: Edge also sends the tokens of Chrome and Safari. */
static const struct sign browsers[] = {
	{ "Edg", "Edge" },         { "OPR/", "Opera" },
	{ "Firefox/", "Firefox" }, { "Chrome/", "Chrome" },
	{ "Safari/", "Safari" },   { NULL, NULL },
};
static const struct sign systems[] = {
	{ "CrOS", "ChromeOS" },   { "iPad", "iPad" },
	{ "iPhone", "iPhone" },   { "Android", "Android" },
	{ "Windows", "Windows" }, { "Mac OS X", "Mac" },
	{ "Linux", "Linux" },     { NULL, NULL },
};

static const char *first_sign(const struct sign *signs, const char *in)
{
	for (; signs->sign; signs++)
		if (strstr(in, signs->sign))
			return signs->name;
	return NULL;
}

char *agent_short(struct arena *a, const char *user_agent)
{
	if (!user_agent)
		return arena_copy(a, "");
	const char *browser = first_sign(browsers, user_agent);
	const char *system = first_sign(systems, user_agent);

	if (browser && system)
		return arena_print(a, "%s, %s", browser, system);
	return arena_copy(a, browser ? browser : system ? system : "");
}
