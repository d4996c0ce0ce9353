/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request.h: what came.  Everything in it has passed the request gate (one
 * Host, one length, no chunk tricks, no NUL, well-formed escapes and UTF-8)
 * and lives in the request's arena. */
#ifndef IDP_HTTP_REQUEST_H
#define IDP_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

enum method {
	METHOD_OTHER = 0,
	METHOD_GET = 1,
	METHOD_POST = 2,
	METHOD_HEAD = 4,
	METHOD_OPTIONS = 8
};

struct pair {
	const char *name, *value;
};

struct request {
	struct arena *arena;
	enum method method;
	const char *host; /* as sent, lower case, with port */
	const char *path; /* without the query, not decoded */
	const char *
	    query; /* the raw octets behind '?', "" if none: SAML signs these */
	const char *address;  /* the client's, from the front door only */
	const char *listener; /* of the front door, "" if not said */
	const char *body;     /* at most 128 KiB */
	size_t body_length;
	struct pair *headers; /* names in lower case */
	size_t header_count;
	struct pair *query_words; /* decoded */
	size_t query_count;
	struct pair *form_words; /* decoded, of a POSTed form */
	size_t form_count;
	struct pair *cookies;
	size_t cookie_count;
	void *visit; /* the product's own; see idp/session/visit.h */
};

/* NULL where absent.  request_twice: whether the name came more than once in
 * query and form together: OAuth and SAML refuse that. */
const char *request_header(const struct request *r, const char *name);
const char *request_query(const struct request *r, const char *name);
const char *request_form(const struct request *r, const char *name);
const char *request_cookie(const struct request *r, const char *name);
bool request_twice(const struct request *r, const char *name);
/* From the form of a POST, from the query otherwise. */
const char *request_word(const struct request *r, const char *name);

#endif
