/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_name.c: the login name as typed, and its municipality. */
#include <string.h>

#include "idp/login/login_private.h"
#include "lib/strbuf.h"

char *login_trim(struct arena *a, const char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && strchr(" \t", text[length - 1]))
		length--;
	return arena_memdup(a, text, length);
}

/* Splits NAME\login, as used on Windows, at the municipality's name.  A name
 * with @ is left unchanged. */
static const struct municipality *login_strip_domain(
    struct request_context *ctx, char **login)
{
	char *backslash = strchr(*login, '\\');

	if (!backslash || strchr(*login, '@'))
		return NULL;
	const char *name =
	    arena_memdup(ctx->arena, *login, (size_t)(backslash - *login));
	const struct municipality *m =
	    config_municipality(ctx->cfg, text_lower(ctx->arena, name));

	if (m)
		*login = backslash + 1;
	return m;
}

/* By prefix or domain; without one, the municipality selected before. */
const struct municipality *municipality_of_login(struct request_context *ctx,
                                                 char **typed)
{
	const struct municipality *by_prefix = login_strip_domain(ctx, typed);
	const char *login = *typed;
	const char *at = strrchr(login, '@');
	const char *chosen = request_form(ctx->request, "m");

	if (by_prefix)
		return by_prefix;
	if (at)
		return config_municipality_by_domain(
		    ctx->cfg, text_lower(ctx->arena, at + 1));
	if (ctx->cfg->municipality_count == 1)
		return &ctx->cfg->municipalities[0];
	return chosen && *chosen ? config_municipality(ctx->cfg, chosen)
	                         : preference_municipality(ctx);
}
