/* SPDX-License-Identifier: AGPL-3.0-or-later
 * branding.c: the colour of a municipality, as a stylesheet because the
 * Content-Security-Policy forbids inline styles, and its logo. */
#include "idp/page/look.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "idp/page/page.h"
#include "lib/file.h"

const char *look_style_name(struct visit *v, const struct municipality *m)
{
	if (!m || !m->colour)
		return NULL;
	return arena_print(v->arena, "m-%s.css", m->name);
}

static bool read_colour(const char *colour, unsigned ret[3])
{
	return strlen(colour) == 7 &&
	       sscanf(colour, "#%2x%2x%2x", &ret[0], &ret[1], &ret[2]) == 3;
}

/* Mixes with black (target = 0) or white (255), in per cent. */
static char *mixed(struct arena *a, const unsigned c[3], unsigned with,
                   unsigned percent)
{
	unsigned m[3];

	for (int i = 0; i < 3; i++)
		m[i] = (c[i] * (100 - percent) + with * percent) / 100;
	return arena_print(a, "#%02x%02x%02x", m[0], m[1], m[2]);
}

char *look_style(struct arena *a, const struct municipality *m)
{
	unsigned c[3];

	if (!m->colour || !read_colour(m->colour, c))
		return NULL;
	return arena_print(a,
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
	                   m->colour, m->colour, mixed(a, c, 0, 18),
	                   mixed(a, c, 0, 34), mixed(a, c, 0, 40), m->colour,
	                   m->colour, mixed(a, c, 255, 92),
	                   mixed(a, c, 255, 86), mixed(a, c, 255, 78));
}

/* `logo` is a file name, never a path: it cannot leave the directory. */
char *look_mark_path(struct arena *a, const struct region *r,
                     const struct municipality *m)
{
	if (!m->mark || strchr(m->mark, '/') || m->mark[0] == '.' ||
	    !m->place.file)
		return NULL;
	return file_beside(a, file_beside(a, r->file, m->place.file), m->mark);
}

const char *page_mark(struct visit *v, const struct municipality *m)
{
	const char *path = m ? look_mark_path(v->arena, v->region, m) : NULL;

	if (!path || access(path, R_OK) != 0)
		return NULL;
	return arena_print(v->arena, "mark-%s.svg", m->name);
}
