/* SPDX-License-Identifier: AGPL-3.0-or-later
 * static_assets.c: serves /assets/: embedded files, and the stylesheet and
 * logo of each municipality.  Anything else is 404. */
#include <string.h>

#include "idp/page/assets.h"
#include "idp/page/look.h"
#include "idp/page/page.h"
#include "lib/file.h"
#include "lib/text.h"

enum { MARK_MOST = 64 * 1024 };

/* An SVG opened on its own is a document: sandbox it, without scripts. */
static const char mark_csp[] = "default-src 'none'; style-src 'unsafe-inline'; "
			       "sandbox; frame-ancestors 'none'";

static const struct municipality *between(struct visit *v, const char *name,
                                          const char *before,
                                          const char *behind)
{
	size_t b = strlen(before), e = strlen(behind), length = strlen(name);

	if (length <= b + e || !text_starts(name, before) ||
	    !text_ends(name, behind))
		return NULL;
	return region_municipality(
	    v->region, arena_bytes(v->arena, name + b, length - b - e));
}

static bool serve_embedded(struct visit *v, const char *name)
{
	for (size_t i = 0; i < asset_count; i++) {
		const struct asset *one = &assets[i];

		if (!text_equal(one->name, name))
			continue;
		answer_text(v->answer, 200, one->type, (const char *)one->bytes,
		            one->length);
		answer_header(v->answer, "Cache-Control",
		              "public, max-age=31536000, immutable");
		return true;
	}
	return false;
}

static bool serve_style(struct visit *v, const char *name)
{
	const struct municipality *m = between(v, name, "m-", ".css");
	const char *style = m ? look_style(v->arena, m) : NULL;

	if (!style)
		return false;
	answer_text(v->answer, 200, "text/css; charset=utf-8", style,
	            strlen(style));
	return true;
}

static bool serve_mark(struct visit *v, const char *name)
{
	const struct municipality *m = between(v, name, "mark-", ".svg");
	const char *path = m ? look_mark_path(v->arena, v->region, m) : NULL;
	struct fault why = { 0 };
	char *bytes;
	size_t length;

	if (!path ||
	    !file_read(v->arena, path, MARK_MOST, &bytes, &length, &why))
		return false;
	answer_text(v->answer, 200, "image/svg+xml", bytes, length);
	v->answer->csp = mark_csp;
	return true;
}

void page_asset(struct visit *v)
{
	const char *name = v->request->path + strlen("/assets/");

	v->answer->may_be_cached = true;
	if (serve_embedded(v, name) || serve_style(v, name) ||
	    serve_mark(v, name))
		return;
	v->answer->may_be_cached = false;
	page_turned_away(v, 404, "not-found");
}
