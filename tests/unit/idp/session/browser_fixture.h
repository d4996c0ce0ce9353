/* SPDX-License-Identifier: AGPL-3.0-or-later
 * browser_fixture.h: a request of a browser with one cookie, with the real
 * Redis of store_fixture.h. */
#ifndef TESTS_UNIT_IDP_SESSION_BROWSER_FIXTURE_H
#define TESTS_UNIT_IDP_SESSION_BROWSER_FIXTURE_H

#include "tests/unit/region/redis/store_fixture.h"

#include "idp/session/request_context.h"

struct browser {
	struct request request;
	struct http_response response;
	struct http_field cookie;
	struct web_backends backends;
	struct request_context ctx;
};

/* value NULL: without the cookie. */
static inline struct request_context *browser_with_cookie(struct browser *b,
                                                          const char *name,
                                                          const char *value)
{
	*b = (struct browser){
		.request = { .arena = f.arena },
		.response = { .arena = f.arena },
		.cookie = { name, value },
		.backends = { .store = store },
	};
	b->request.cookies = &b->cookie;
	b->request.cookie_count = value ? 1 : 0;
	b->ctx = (struct request_context){ .arena = f.arena,
		                           .cfg = &r,
		                           .backends = &b->backends,
		                           .request = &b->request,
		                           .response = &b->response,
		                           .on_login_host = true };
	return &b->ctx;
}

#endif
