/* SPDX-License-Identifier: AGPL-3.0-or-later
 * answer.h: what goes, with the security headers always on. */
#ifndef IDP_HTTP_ANSWER_H
#define IDP_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "idp/http/request.h"
#include "lib/json.h"

struct answer {
	struct arena *arena; /* the request's */
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

/* Each fills the answer whole. */
void answer_html(struct answer *a, int status, const char *html);
void answer_json(struct answer *a, int status, const json_t *value);
void answer_text(struct answer *a, int status, const char *type,
                 const char *body, size_t length);
/* 303, so that a POSTed password is never POSTed again.  The address has been
 * checked by whoever calls; bytes outside %x21-7E stop the process. */
void answer_see_other(struct answer *a, const char *address);

void answer_header(struct answer *a, const char *name, const char *value);

/* __Host- cookies: Secure, HttpOnly, SameSite=Lax, Path=/.  seconds 0: until
 * the browser closes; -1: removes it. */
void answer_cookie(struct answer *a, const char *name, const char *value,
                   long seconds);

#endif
