/* SPDX-License-Identifier: AGPL-3.0-or-later
 * i18n_html.c: appends a translated message to HTML, escaped, with its
 * {parameters} replaced. */
#include <string.h>

#include "lib/escape.h"
#include "messages.h"

void i18n_html_append(struct strbuf *out, enum language l, enum message_id id)
{
	escape_html(out, message_texts[l][id]);
}

static const char *i18n_html_param(const struct message_param *params,
                                   size_t count, const char *name,
                                   size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(params[i].name) == length &&
		    memcmp(params[i].name, name, length) == 0)
			return params[i].value ? params[i].value : "";
	return "";
}

void i18n_html_append_params(struct strbuf *out, enum language l,
                             enum message_id id,
                             const struct message_param *params, size_t count)
{
	const char *at = message_texts[l][id];

	for (const char *open; (open = strchr(at, '{')) != NULL;) {
		const char *end = strchr(open, '}');

		if (!end)
			break;
		escape_html(out,
		            arena_memdup(out->arena, at, (size_t)(open - at)));
		escape_html(out, i18n_html_param(params, count, open + 1,
		                                 (size_t)(end - open - 1)));
		at = end + 1;
	}
	escape_html(out, at);
}
