/* SPDX-License-Identifier: AGPL-3.0-or-later
 * response.c: builds the HTTP response (RFC 9110) of a request handler. */
#include "idp/http/response.h"

#include <assert.h>
#include <string.h>

#include "lib/compiler.h"

static void assert_printable(const char *text, char min)
{
	for (; *text; text++)
		assert(*text >= min && *text <= '~');
}

void response_set_body(struct http_response *resp, int status,
                       const char *content_type, const char *body,
                       size_t length)
{
	resp->status = status;
	resp->content_type = content_type;
	resp->body = body;
	resp->length = length;
}

void response_html(struct http_response *resp, int status, const char *html)
{
	response_set_body(resp, status, "text/html; charset=utf-8", html,
	                  strlen(html));
}

void response_json(struct http_response *resp, int status, const json_t *value)
{
	const char *text = js_dump(resp->arena, value);

	response_set_body(resp, status, "application/json", text, strlen(text));
}

void response_redirect(struct http_response *resp, const char *url)
{
	assert_printable(url, '!');
	response_set_body(resp, 303, NULL, "", 0);
	response_add_header(resp, "Location", url);
}

void response_add_header(struct http_response *resp, const char *name,
                         const char *value)
{
	assert(resp->header_count < LENGTH(resp->headers));
	assert_printable(value, ' ');
	resp->headers[resp->header_count++] =
	    (struct http_field){ arena_strdup(resp->arena, name),
		                 arena_strdup(resp->arena, value) };
}

static bool sets_cookie(const struct http_field *header, const char *name)
{
	const size_t length = strlen(name);

	return strcmp(header->name, "Set-Cookie") == 0 &&
	       strncmp(header->value, name, length) == 0 &&
	       header->value[length] == '=';
}

/* RFC 6265 4.1.1: a response has one Set-Cookie header per name. */
static void response_remove_cookie(struct http_response *resp, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < resp->header_count; i++)
		if (!sets_cookie(&resp->headers[i], name))
			resp->headers[kept++] = resp->headers[i];
	resp->header_count = kept;
}

void response_set_cookie(struct http_response *resp, const char *name,
                         const char *value, long max_age)
{
	const char *attributes = "; Path=/; Secure; HttpOnly; SameSite=Lax";
	char *line =
	    arena_printf(resp->arena, "%s=%s%s", name, value, attributes);

	if (max_age > 0)
		line =
		    arena_printf(resp->arena, "%s; Max-Age=%ld", line, max_age);
	if (max_age < 0)
		line = arena_printf(resp->arena, "%s=%s; Max-Age=0", name,
		                    attributes);
	response_remove_cookie(resp, name);
	response_add_header(resp, "Set-Cookie", line);
}
