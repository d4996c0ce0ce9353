/* SPDX-License-Identifier: AGPL-3.0-or-later
 * http_client.h: one outgoing HTTPS request with limits on time and size,
 * without redirects and without access to internal addresses. */
#ifndef LIB_FETCH_H
#define LIB_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/fault.h"

enum { FETCH_MOST = 64 * 1024 };

struct fetch {
	const char *url;
	const char *form;          /* NULL: GET; else POST, form-encoded */
	const char *accept;        /* NULL: any type */
	const char *authorization; /* the header's value, or NULL */
	const char *ca_file;       /* NULL: system CA bundle */
	int64_t milliseconds;      /* in all; 0: 5 seconds */
	/* Also allow loopback, private and link-local addresses and IP address
	 * literals; set from configuration only. */
	bool inside;
	/* Also allow http:// to loopback; needs allow_private. */
	bool plain;
};

struct fetched {
	long status; /* HTTP status; the caller checks it */
	char *body;  /* NUL-terminated response body */
	size_t length;
	const char *type; /* the Content-Type, or "" */
};

/* Call once in main(), before any thread. */
void fetch_begin(void);

/* Sends the request and returns the response, owned by the arena. On error
 * returns false: INVALID for a URL that is not allowed; UNAVAILABLE for a
 * timeout, an untrusted certificate or a response body over
 * HTTP_CLIENT_MAX_BODY. */
bool fetch_do(struct arena *a, const struct fetch *f, struct fetched *ret,
              struct fault *why) must_check;

#endif
