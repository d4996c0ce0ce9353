/* SPDX-License-Identifier: AGPL-3.0-or-later
 * i18n_html.c: appends a translated message to HTML, escaped, with its
 * {parameters} replaced. */
#include <string.h>

#include "lib/escape.h"
#include "words.h"

void page_say(struct text *out, enum language l, enum word w)
{
	escape_html(out, word_texts[l][w]);
}

static const char *value_of(const struct blank *blanks, size_t count,
                            const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(blanks[i].name) == length &&
		    memcmp(blanks[i].name, name, length) == 0)
			return blanks[i].value ? blanks[i].value : "";
	return "";
}

void page_say_filled(struct text *out, enum language l, enum word w,
                     const struct blank *blanks, size_t count)
{
	const char *at = word_texts[l][w];

	for (const char *open; (open = strchr(at, '{')) != NULL;) {
		const char *end = strchr(open, '}');

		if (!end)
			break;
		escape_html(out,
		            arena_bytes(out->arena, at, (size_t)(open - at)));
		escape_html(out, value_of(blanks, count, open + 1,
		                          (size_t)(end - open - 1)));
		at = end + 1;
	}
	escape_html(out, at);
}
