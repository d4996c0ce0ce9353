/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_check.h: strict validation of a request (RFC 9110, RFC 9112).
 * libmicrohttpd accepts repeated Content-Length and Host, Content-Length with
 * chunks, NUL and malformed escapes; these are rejected here, independently of
 * the reverse proxy. */
#ifndef IDP_HTTP_REQUEST_CHECK_H
#define IDP_HTTP_REQUEST_CHECK_H

#include "idp/http/request.h"

enum {
	REQUEST_HEAD_MAX = 16 * 1024,
	REQUEST_HEADERS_MAX = 100,
	REQUEST_BODY_MAX = 64 * 1024,
};

/* The response to a rejected request. */
struct http_error {
	int status;         /* HTTP status */
	const char *reason; /* from reasons.def */
};

/* Validates the head and sets method, host, path, query and its parameters,
 * cookies, address and listener of r.  The caller has set r->arena, r->headers
 * and r->header_count.  uri: the raw request target.  On error returns false
 * and sets *ret. */
bool request_check_head(struct request *r, const char *method,
                        const char *version, const char *uri,
                        struct http_error *ret);

/* Parses r->body of a POST into r->form_params; another Content-Type than a
 * form is an error.  On error returns false and sets *ret. */
bool request_check_body(struct request *r, struct http_error *ret);

#endif
