/* SPDX-License-Identifier: AGPL-3.0-or-later
 * response.h: the HTTP response; idp/http/server.c adds the security headers
 * to every one. */
#ifndef IDP_HTTP_ANSWER_H
#define IDP_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "idp/http/request.h"
#include "lib/json.h"

struct answer {
	struct arena *arena; /* of the request */
	int status;
	const char *type;
	const char *body;
	size_t length;
	bool may_be_cached; /* otherwise no-store */
	const char *csp;    /* NULL: default-src 'none', style and img 'self',
	                     * form-action 'self', frame-ancestors 'none' */
	struct pair headers[16];
	size_t header_count;
};

/* Each sets status, Content-Type and body.  The body is not copied, except by
 * response_json. */
void answer_html(struct answer *a, int status, const char *html);
void answer_json(struct answer *a, int status, const json_t *value);
void answer_text(struct answer *a, int status, const char *type,
                 const char *body, size_t length);
/* Redirects with 303 (RFC 9110 15.4.4), so that the browser does not repeat
 * the POST of a password.  The caller has validated the URL; a byte outside
 * %x21-7E is an assertion failure. */
void answer_see_other(struct answer *a, const char *address);

void answer_header(struct answer *a, const char *name, const char *value);

/* Sets a __Host- cookie (RFC 6265bis): Secure, HttpOnly, SameSite=Lax, Path=/.
 * max_age in seconds; 0: a session cookie; -1: deletes the cookie. */
void answer_cookie(struct answer *a, const char *name, const char *value,
                   long seconds);

#endif
