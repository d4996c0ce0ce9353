/* SPDX-License-Identifier: AGPL-3.0-or-later
 * response.c: builds the HTTP response (RFC 9110) of a request handler. */
#include "idp/http/answer.h"

#include <assert.h>
#include <string.h>

#include "lib/attr.h"

static void check_visible(const char *text, char lowest)
{
	for (; *text; text++)
		assert(*text >= lowest && *text <= '~');
}

void answer_text(struct answer *a, int status, const char *type,
                 const char *body, size_t length)
{
	a->status = status;
	a->type = type;
	a->body = body;
	a->length = length;
}

void answer_html(struct answer *a, int status, const char *html)
{
	answer_text(a, status, "text/html; charset=utf-8", html, strlen(html));
}

void answer_json(struct answer *a, int status, const json_t *value)
{
	const char *text = js_write(a->arena, value);

	answer_text(a, status, "application/json", text, strlen(text));
}

void answer_see_other(struct answer *a, const char *address)
{
	check_visible(address, '!');
	answer_text(a, 303, NULL, "", 0);
	answer_header(a, "Location", address);
}

void answer_header(struct answer *a, const char *name, const char *value)
{
	assert(a->header_count < LENGTH(a->headers));
	check_visible(value, ' ');
	a->headers[a->header_count++] =
	    (struct pair){ arena_copy(a->arena, name),
		           arena_copy(a->arena, value) };
}

void answer_cookie(struct answer *a, const char *name, const char *value,
                   long seconds)
{
	const char *rest = "; Path=/; Secure; HttpOnly; SameSite=Lax";
	char *line = arena_print(a->arena, "%s=%s%s", name, value, rest);

	if (seconds > 0)
		line = arena_print(a->arena, "%s; Max-Age=%ld", line, seconds);
	if (seconds < 0)
		line = arena_print(a->arena, "%s=%s; Max-Age=0", name, rest);
	answer_header(a, "Set-Cookie", line);
}
