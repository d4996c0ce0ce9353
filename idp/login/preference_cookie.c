/* SPDX-License-Identifier: AGPL-3.0-or-later
 * preference_cookie.c: a cookie with the municipality and language used last.
 * It is untrusted and not a secret. */
#include <string.h>

#include "idp/http/cookies.h"
#include "idp/login/login_private.h"
#include "lib/strbuf.h"

enum { YEAR = 365 * 24 * 3600 };

/* "municipality.language"; each may be empty. */
static void preference_read(struct request_context *ctx,
                            const char **municipality, const char **language)
{
	const char *value = request_cookie(ctx->request, PREFERENCE_COOKIE);
	const char *dot = value ? strchr(value, '.') : NULL;

	*municipality = *language = "";
	if (!dot)
		return;
	*municipality = arena_memdup(ctx->arena, value, (size_t)(dot - value));
	*language = dot + 1;
}

const struct municipality *preference_municipality(struct request_context *ctx)
{
	const char *municipality, *language;

	preference_read(ctx, &municipality, &language);
	return config_municipality(ctx->cfg, municipality);
}

void preference_set(struct request_context *ctx, const char *municipality,
                    const char *language)
{
	const char *m, *l;

	preference_read(ctx, &m, &l);
	if (!config_municipality(ctx->cfg, m))
		m = "";
	if (strlen(l) != 2 || strspn(l, "abcdefghijklmnopqrstuvwxyz") != 2)
		l = "";
	response_set_cookie(ctx->response, PREFERENCE_COOKIE,
	                    arena_printf(ctx->arena, "%s.%s",
	                                 municipality ? municipality : m,
	                                 language ? language : l),
	                    context_is_shared(ctx) ? 0 : YEAR);
}

static const char *const return_pages[] = { "login",    "choose",
	                                    "as",       "portal",
	                                    "sessions", "logout",
	                                    "password", "password/pupils" };

static const char *preference_return_page(const char *name)
{
	for (size_t i = 0; i < LENGTH(return_pages); i++)
		if (text_equal(return_pages[i], name))
			return return_pages[i];
	return "portal";
}

/* The selected language replaces the ui_locales of the request. */
static bool preference_set_txn_language(struct request_context *ctx,
                                        const char *language,
                                        struct auth_txn **ret_txn,
                                        struct error *err)
{
	*ret_txn = NULL;
	if (!request_query(ctx->request, "t"))
		return true;
	if (!auth_txn_load(ctx, ret_txn, err))
		return false;
	(*ret_txn)->language = language;
	return auth_txn_save(ctx, *ret_txn, err);
}

void preference_language_get(struct request_context *ctx)
{
	const char *language = request_query(ctx->request, "to");
	const char *return_page =
	    preference_return_page(request_query(ctx->request, "back"));
	struct auth_txn *txn;
	struct error err = { 0 };

	for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
		if (!text_equal(message_languages[i], language))
			continue;
		if (!preference_set_txn_language(ctx, message_languages[i],
		                                 &txn, &err)) {
			error_page_show(ctx, &err);
			return;
		}
		preference_set(ctx, NULL, message_languages[i]);
		response_redirect(ctx->response,
		                  arena_printf(ctx->arena, "%s/%s%s%s",
		                               ctx->cfg->login_url, return_page,
		                               txn ? "?t=" : "",
		                               txn ? txn->secret : ""));
		return;
	}
	error_page_status(ctx, 400, "bad-request");
}
