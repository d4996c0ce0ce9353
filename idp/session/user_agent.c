/* SPDX-License-Identifier: AGPL-3.0-or-later
 * user_agent.c: summarizes the User-Agent header (RFC 9110 10.1.5). */
#include "idp/session/user_agent.h"

#include <string.h>

struct ua_token {
	const char *token, *name;
};

/* The order matters: Edge also sends the tokens of Chrome and Safari. */
static const struct ua_token browsers[] = {
	{ "Edg", "Edge" },         { "OPR/", "Opera" },
	{ "Firefox/", "Firefox" }, { "Chrome/", "Chrome" },
	{ "Safari/", "Safari" },   { NULL, NULL },
};
static const struct ua_token systems[] = {
	{ "CrOS", "ChromeOS" },   { "iPad", "iPad" },
	{ "iPhone", "iPhone" },   { "Android", "Android" },
	{ "Windows", "Windows" }, { "Mac OS X", "Mac" },
	{ "Linux", "Linux" },     { NULL, NULL },
};

static const char *ua_match(const struct ua_token *tokens, const char *in)
{
	for (; tokens->token; tokens++)
		if (strstr(in, tokens->token))
			return tokens->name;
	return NULL;
}

char *user_agent_summary(struct arena *a, const char *user_agent)
{
	if (!user_agent)
		return arena_strdup(a, "");
	const char *browser = ua_match(browsers, user_agent);
	const char *system = ua_match(systems, user_agent);

	if (browser && system)
		return arena_printf(a, "%s, %s", browser, system);
	return arena_strdup(a, browser ? browser : system ? system : "");
}
