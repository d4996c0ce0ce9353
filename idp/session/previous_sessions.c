/* SPDX-License-Identifier: AGPL-3.0-or-later
 * previous_sessions.c: the keys of earlier sessions in PREVIOUS_COOKIE, divided
 * by dots. */
#include "idp/session/previous_sessions.h"

#include <string.h>

#include "idp/http/cookies.h"
#include "lib/strbuf.h"

static bool previous_key_is_valid(const char *hex)
{
	return strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64;
}

static const char *previous_cookie(const struct request_context *ctx)
{
	const char *value = ctx->previous_sessions;

	if (!value && ctx->on_login_host)
		value = request_cookie(ctx->request, PREVIOUS_COOKIE);
	return value ? value : "";
}

const char **previous_sessions(struct request_context *ctx)
{
	const char **keys =
	    arena_array(ctx->arena, const char *, PREVIOUS_SESSIONS_MAX + 1);
	size_t count, kept = 0;
	char **parts =
	    text_split(ctx->arena, previous_cookie(ctx), ".", &count);

	for (size_t i = 0; i < count && kept < PREVIOUS_SESSIONS_MAX; i++)
		if (previous_key_is_valid(parts[i]))
			keys[kept++] = parts[i];
	keys[kept] = NULL;
	return keys;
}

/* Writes the list without hex, after first if that is not NULL. */
static void previous_write(struct request_context *ctx, const char *first,
                           const char *hex)
{
	struct strbuf value = strbuf_init(ctx->arena);

	if (first)
		strbuf_append(&value, first);
	for (const char **key = previous_sessions(ctx); *key; key++)
		if (!text_equal(*key, hex))
			strbuf_appendf(&value, "%s%s", *value.data ? "." : "",
			               *key);
	ctx->previous_sessions = value.data;
	response_set_cookie(ctx->response, PREVIOUS_COOKIE, value.data,
	                    *value.data ? 0 : -1);
}

void previous_session_add(struct request_context *ctx, const char *hex)
{
	if (ctx->on_login_host)
		previous_write(ctx, hex, hex);
}

void previous_session_remove(struct request_context *ctx, const char *hex)
{
	if (ctx->on_login_host)
		previous_write(ctx, NULL, hex);
}
