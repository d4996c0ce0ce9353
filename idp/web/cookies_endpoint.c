/* SPDX-License-Identifier: AGPL-3.0-or-later
 * cookies_endpoint.c: the response to a browser whose cookies are rejected. */
#include "idp/web/cookies_endpoint.h"

#include "idp/http/csrf.h"
#include "idp/page/page.h"
#include "lib/strbuf.h"

void cookies_reject(struct request_context *ctx)
{
	cookies_expire(ctx->response);
	error_page_reason(ctx, "cookies-rejected", NULL, NULL);
}

/* A CSRF token would need the cookies that are rejected, so this verifies the
 * origin only: another site could at most log the person out. */
void cookies_clear_post(struct request_context *ctx)
{
	const char *origin =
	    ctx->issuer ? ctx->issuer->url : ctx->cfg->login_url;

	if (!csrf_is_same_origin(ctx->request, origin)) {
		error_page_reason(ctx, "form-expired", NULL, NULL);
		return;
	}
	/* W3C Clear Site Data 3.1: those of the whole registrable domain. */
	response_add_header(ctx->response, "Clear-Site-Data", "\"cookies\"");
	response_redirect(ctx->response, arena_printf(ctx->arena, "%s/portal",
	                                              ctx->cfg->login_url));
}
