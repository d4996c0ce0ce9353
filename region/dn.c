/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dn.c: compares the relative DNs of the configuration files (RFC 4514, without
 * decoding escapes). */
#include "region/dn.h"

#include <stddef.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/own.h"
#include "lib/text.h"

OWNER(close_arena, struct arena *, arena_close)

static bool separates(char c)
{
	return c == ',' || c == '=' || c == '+';
}

/* Returns the DN in lower case without insignificant spaces; an escaped
 * character stays as it is. */
static char *plain_dn(struct arena *a, const char *dn)
{
	struct text out = text_in(a);

	for (; *dn; dn++) {
		bool before =
		    out.length == 0 ||
		    (separates(out.at[out.length - 1]) &&
		     (out.length < 2 || out.at[out.length - 2] != '\\'));
		size_t blanks = strspn(dn, " ");

		if (blanks &&
		    (before || separates(dn[blanks]) || !dn[blanks])) {
			dn += blanks - 1;
			continue;
		}
		text_add_bytes(&out, dn, *dn == '\\' && dn[1] ? 2 : 1);
		dn += *dn == '\\' && dn[1];
	}
	return text_lower(a, out.at);
}

bool dn_is_within(const char *inner, const char *outer)
{
	own(close_arena) struct arena *a = arena_open();

	if (!outer)
		return true;
	if (!inner)
		return false;
	const char *in = plain_dn(a, inner), *out = plain_dn(a, outer);
	size_t in_length = strlen(in), out_length = strlen(out);

	if (in_length < out_length ||
	    strcmp(in + in_length - out_length, out) != 0)
		return false;
	if (in_length == out_length)
		return true;
	/* Not the end of a longer RDN, nor after an escaped comma. */
	const char *comma = in + in_length - out_length - 1;

	return *comma == ',' && (comma == in || comma[-1] != '\\');
}
