/* SPDX-License-Identifier: AGPL-3.0-or-later
 * http_client.h: one outgoing request with limits on time and size, without
 * redirects: https://, or http:// to loopback.  URLs are from the
 * configuration, so internal addresses are allowed. */
#ifndef LIB_HTTP_CLIENT_H
#define LIB_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"

enum { HTTP_CLIENT_MAX_BODY = 64 * 1024 };

struct http_client_request {
	const char *url;
	const char *form_body;     /* NULL: GET; else POST, form-encoded */
	const char *accept;        /* NULL: any type */
	const char *authorization; /* the header's value, or NULL */
	const char *ca_file;       /* NULL: system CA bundle */
	int64_t timeout_ms;        /* in all; 0: 5 seconds */
};

struct http_client_response {
	long status; /* HTTP status; the caller checks it */
	char *body;  /* NUL-terminated response body */
	size_t length;
	const char *content_type; /* the Content-Type, or "" */
};

/* Call once in main(), before any thread. */
void http_client_init(void);

/* Sends the request and returns the response, owned by the arena. On error
 * returns false: INVALID for a URL that is not allowed; UNAVAILABLE for a
 * timeout, an untrusted certificate or a response body over
 * HTTP_CLIENT_MAX_BODY. */
bool http_client_send(struct arena *a,
                      const struct http_client_request *request,
                      struct http_client_response *ret,
                      struct error *err) must_check;

#endif
