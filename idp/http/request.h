/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request.h: the parsed HTTP request.  It has passed idp/http/request_check.c
 * (one Host, one length, no NUL, well-formed escapes and UTF-8) and is
 * allocated in the request's arena. */
#ifndef IDP_HTTP_REQUEST_H
#define IDP_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

/* HTTP methods as bits, so that a route can accept several. */
enum method {
	METHOD_OTHER = 0,
	METHOD_GET = 1,
	METHOD_POST = 2,
	METHOD_HEAD = 4,
	METHOD_OPTIONS = 8
};

struct http_field {
	const char *name, *value;
};

struct request {
	struct arena *arena;
	enum method method;
	const char *host;  /* as sent, lower case, with port */
	const char *path;  /* without the query, not decoded */
	const char *query; /* raw octets after '?', or "": SAML signs these */
	/* The client's IP address by X-Forwarded-For, or "". */
	const char *address;
	/* The bind line of the reverse proxy that accepted the connection, by
	 * X-Portvakt-Listener, or "": `network NAME listener ...`. */
	const char *listener;
	const char *body; /* at most REQUEST_BODY_MAX bytes */
	size_t body_length;
	struct http_field *headers; /* names in lower case */
	size_t header_count;
	struct http_field *query_params; /* decoded */
	size_t query_count;
	struct http_field *form_params; /* decoded, of a POSTed form */
	size_t form_count;
	struct http_field *cookies;
	size_t cookie_count;
	bool cookies_rejected; /* by cookie_parse(): none is used */
	void *context;         /* struct request_context, of the caller */
};

/* Each returns the first value of that name, owned by the request, or NULL if
 * there is none.  request_cookie also returns NULL for a repeated cookie,
 * which two hosts have set, in an undefined order (RFC 6265 4.2.2). */
const char *request_header(const struct request *r, const char *name);
const char *request_query(const struct request *r, const char *name);
const char *request_form(const struct request *r, const char *name);
const char *request_cookie(const struct request *r, const char *name);
/* Returns true if the parameter occurs more than once in query and form
 * together, which OAuth forbids (RFC 6749 3.1). */
bool request_param_repeated(const struct request *r, const char *name);
/* Returns the parameter from the form of a POST, otherwise from the query. */
const char *request_param(const struct request *r, const char *name);

#endif
