/* SPDX-License-Identifier: AGPL-3.0-or-later
 * branding.c: the colour of a municipality, as a stylesheet because the
 * Content-Security-Policy forbids inline styles, and its logo. */
#include "idp/page/branding.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "idp/page/page.h"
#include "lib/file.h"
#include "lib/strbuf.h"

const char *branding_css_name(struct request_context *ctx,
                              const struct municipality *m)
{
	if (!m || !m->colour)
		return NULL;
	return arena_printf(ctx->arena, "m-%s.css", m->name);
}

static bool branding_parse_colour(const char *colour, unsigned ret[3])
{
	return strlen(colour) == 7 &&
	       sscanf(colour, "#%2x%2x%2x", &ret[0], &ret[1], &ret[2]) == 3;
}

/* Mixes with black (target = 0) or white (255), in per cent. */
static char *mix_colour(struct arena *a, const unsigned c[3], unsigned target,
                        unsigned percent)
{
	unsigned rgb[3];

	for (int i = 0; i < 3; i++)
		rgb[i] = (c[i] * (100 - percent) + target * percent) / 100;
	return arena_printf(a, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
}

char *branding_css(struct arena *a, const struct municipality *m)
{
	unsigned c[3];

	if (!m->colour || !branding_parse_colour(m->colour, c))
		return NULL;
	return arena_printf(a,
	                    ":root{--pv-colour:%s;"
	                    "--ds-color-accent-base-default:%s;"
	                    "--ds-color-accent-base-hover:%s;"
	                    "--ds-color-accent-base-active:%s;"
	                    "--ds-color-accent-base-contrast-default:#fff;"
	                    "--ds-color-accent-base-contrast-subtle:#fff;"
	                    "--ds-color-accent-text-default:%s;"
	                    "--ds-color-accent-text-subtle:%s;"
	                    "--ds-color-accent-border-strong:%s;"
	                    "--ds-color-accent-surface-tinted:%s;"
	                    "--ds-color-accent-surface-hover:%s;"
	                    "--ds-color-accent-surface-active:%s}\n",
	                    m->colour, m->colour, mix_colour(a, c, 0, 18),
	                    mix_colour(a, c, 0, 34), mix_colour(a, c, 0, 40),
	                    m->colour, m->colour, mix_colour(a, c, 255, 92),
	                    mix_colour(a, c, 255, 86),
	                    mix_colour(a, c, 255, 78));
}

/* `logo` is a file name, never a path: it cannot leave the directory. */
char *branding_logo_path(struct arena *a, const struct config *cfg,
                         const struct municipality *m)
{
	if (!m->logo || strchr(m->logo, '/') || m->logo[0] == '.' ||
	    !m->location.file)
		return NULL;
	return file_relative_to(
	    a, file_relative_to(a, cfg->file, m->location.file), m->logo);
}

const char *page_place_name(struct request_context *ctx,
                            const struct municipality *m)
{
	static const char suffix[] = " kommune";
	size_t length = strlen(m->display);

	return text_ends(m->display, suffix)
	           ? arena_memdup(ctx->arena, m->display,
	                          length - strlen(suffix))
	           : m->display;
}

const char *page_logo(struct request_context *ctx, const struct municipality *m)
{
	const char *path =
	    m ? branding_logo_path(ctx->arena, ctx->cfg, m) : NULL;

	if (!path || access(path, R_OK) != 0)
		return NULL;
	return arena_printf(ctx->arena, "mark-%s.svg", m->name);
}
