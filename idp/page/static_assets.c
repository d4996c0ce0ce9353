/* SPDX-License-Identifier: AGPL-3.0-or-later
 * static_assets.c: serves /assets/: embedded files, and the stylesheet and
 * logo of each municipality.  Anything else is 404. */
#include <string.h>

#include "idp/page/assets.h"
#include "idp/page/branding.h"
#include "idp/page/page.h"
#include "lib/file.h"
#include "lib/strbuf.h"

enum { LOGO_SIZE_MAX = 64 * 1024 };

/* An SVG opened on its own is a document: sandbox it, without scripts. */
static const char logo_csp[] = "default-src 'none'; style-src 'unsafe-inline'; "
			       "sandbox; frame-ancestors 'none'";

static const struct municipality *asset_municipality(
    struct request_context *ctx, const char *name, const char *prefix,
    const char *suffix)
{
	size_t b = strlen(prefix), e = strlen(suffix), length = strlen(name);

	if (length <= b + e || !text_starts(name, prefix) ||
	    !text_ends(name, suffix))
		return NULL;
	return config_municipality(
	    ctx->cfg, arena_memdup(ctx->arena, name + b, length - b - e));
}

static bool asset_serve_embedded(struct request_context *ctx, const char *name)
{
	for (size_t i = 0; i < asset_count; i++) {
		const struct asset *one = &assets[i];

		if (!text_equal(one->name, name))
			continue;
		response_set_body(ctx->response, 200, one->type,
		                  (const char *)one->bytes, one->length);
		response_add_header(ctx->response, "Cache-Control",
		                    "public, max-age=31536000, immutable");
		return true;
	}
	return false;
}

static bool asset_serve_css(struct request_context *ctx, const char *name)
{
	const struct municipality *m =
	    asset_municipality(ctx, name, "m-", ".css");
	const char *style = m ? branding_css(ctx->arena, m) : NULL;

	if (!style)
		return false;
	response_set_body(ctx->response, 200, "text/css; charset=utf-8", style,
	                  strlen(style));
	return true;
}

static bool asset_serve_logo(struct request_context *ctx, const char *name)
{
	const struct municipality *m =
	    asset_municipality(ctx, name, "mark-", ".svg");
	const char *path =
	    m ? branding_logo_path(ctx->arena, ctx->cfg, m) : NULL;
	struct error err = { 0 };
	char *bytes;
	size_t length;

	if (!path ||
	    !file_read(ctx->arena, path, LOGO_SIZE_MAX, &bytes, &length, &err))
		return false;
	response_set_body(ctx->response, 200, "image/svg+xml", bytes, length);
	ctx->response->csp = logo_csp;
	return true;
}

void asset_serve(struct request_context *ctx)
{
	const char *name = ctx->request->path + strlen("/assets/");

	ctx->response->cacheable = true;
	if (asset_serve_embedded(ctx, name) || asset_serve_css(ctx, name) ||
	    asset_serve_logo(ctx, name))
		return;
	ctx->response->cacheable = false;
	error_page_status(ctx, 404, "not-found");
}
