/* SPDX-License-Identifier: AGPL-3.0-or-later
 * response.h: the HTTP response; idp/http/server.c adds the security headers
 * to every one. */
#ifndef IDP_HTTP_RESPONSE_H
#define IDP_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "idp/http/request.h"
#include "lib/json.h"

struct http_response {
	struct arena *arena; /* of the request */
	int status;
	const char *content_type;
	const char *body;
	size_t length;
	bool cacheable;  /* false: Cache-Control: no-store */
	const char *csp; /* Content-Security-Policy; NULL: default_csp in
	                  * idp/http/server.c */
	struct http_field headers[16];
	size_t header_count;
};

/* Each sets status, Content-Type and body.  html and body are not copied: they
 * must live as long as the response. */
void response_html(struct http_response *resp, int status, const char *html);
void response_json(struct http_response *resp, int status, const json_t *value);
void response_set_body(struct http_response *resp, int status,
                       const char *content_type, const char *body,
                       size_t length);
/* Redirects with 303 (RFC 9110 15.4.4), so that the browser does not repeat
 * the POST of a password.  The caller has validated the URL; a byte outside
 * %x21-7E is an assertion failure. */
void response_redirect(struct http_response *resp, const char *url);

/* Copies name and value.  More than 16 headers, or a byte outside %x20-7E in
 * value, is an assertion failure. */
void response_add_header(struct http_response *resp, const char *name,
                         const char *value);

/* Sets a __Host- cookie (RFC 6265bis): Secure, HttpOnly, SameSite=Lax, Path=/.
 * max_age in seconds; 0: a session cookie; -1: deletes the cookie. */
void response_set_cookie(struct http_response *resp, const char *name,
                         const char *value, long max_age);

#endif
