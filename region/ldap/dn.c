/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dn.c: compares the relative DNs of the configuration files (RFC 4514, without
 * decoding escapes). */
#include "region/ldap/dn.h"

#include <stddef.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/cleanup.h"
#include "lib/strbuf.h"

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

static bool is_dn_separator(char c)
{
	return c == ',' || c == '=' || c == '+';
}

/* Returns the DN in lower case without insignificant spaces; an escaped
 * character stays as it is. */
static char *strip_dn_spaces(struct arena *a, const char *dn)
{
	struct strbuf out = strbuf_init(a);

	for (; *dn; dn++) {
		bool at_separator =
		    out.length == 0 ||
		    (is_dn_separator(out.data[out.length - 1]) &&
		     (out.length < 2 || out.data[out.length - 2] != '\\'));
		size_t blanks = strspn(dn, " ");

		if (blanks && (at_separator || is_dn_separator(dn[blanks]) ||
		               !dn[blanks])) {
			dn += blanks - 1;
			continue;
		}
		strbuf_append_bytes(&out, dn, *dn == '\\' && dn[1] ? 2 : 1);
		dn += *dn == '\\' && dn[1];
	}
	return text_lower(a, out.data);
}

bool dn_text_is_within(const char *inner, const char *outer)
{
	own(close_arena) struct arena *a = arena_open();

	if (!outer)
		return true;
	if (!inner)
		return false;
	const char *in = strip_dn_spaces(a, inner),
		   *out = strip_dn_spaces(a, outer);
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
