/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_check.c: strict validation of a request (RFC 9110, RFC 9112): each
 * check rejects one kind of ambiguous request (request smuggling). */
#include "idp/http/request_check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "idp/http/cookies.h"
#include "idp/http/form_urlencoded.h"
#include "lib/compiler.h"
#include "lib/strbuf.h"

static const struct {
	const char *name;
	enum method method;
} methods[] = {
	{ "GET", METHOD_GET },
	{ "POST", METHOD_POST },
	{ "HEAD", METHOD_HEAD },
	{ "OPTIONS", METHOD_OPTIONS },
};

static bool http_error_set(struct http_error *ret, int status,
                           const char *reason)
{
	*ret = (struct http_error){ status, reason };
	return false;
}

static bool http_error_bad_request(struct http_error *ret)
{
	return http_error_set(ret, 400, "bad-request");
}

static size_t count_headers(const struct request *r, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < r->header_count; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			count++;
	return count;
}

static bool is_header_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) &&
		    !strchr("!#$%&'*+-.^_`|~", *name))
			return false;
	return true;
}

/* Rejects a folded line (obs-fold), a bare CR and a bare LF, which the parser
 * leaves in the value. */
static bool header_has_control(const char *value)
{
	for (; *value; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') ||
		    *value == 0x7f)
			return true;
	return false;
}

static bool request_check_headers(const struct request *r,
                                  struct http_error *ret)
{
	size_t bytes = 0;

	if (r->header_count > REQUEST_HEADERS_MAX)
		return http_error_set(ret, 431, "too-large");
	for (size_t i = 0; i < r->header_count; i++) {
		const struct http_field *h = &r->headers[i];

		if (!is_header_name(h->name) || header_has_control(h->value))
			return http_error_bad_request(ret);
		bytes += strlen(h->name) + strlen(h->value);
	}
	return bytes <= REQUEST_HEAD_MAX ||
	       http_error_set(ret, 431, "too-large");
}

static bool request_check_method(struct request *r, const char *method,
                                 const char *version, struct http_error *ret)
{
	if (strcmp(version, "HTTP/1.1") != 0 &&
	    strcmp(version, "HTTP/1.0") != 0)
		return http_error_set(ret, 505, "bad-request");
	for (size_t i = 0; i < LENGTH(methods); i++)
		if (strcmp(methods[i].name, method) == 0)
			r->method = methods[i].method;
	return r->method != METHOD_OTHER ||
	       http_error_set(ret, 405, "wrong-method");
}

/* RFC 9112 6.1 and 6.3: one Content-Length or one Transfer-Encoding, not both,
 * and no transfer coding except chunked. */
static bool request_check_framing(const struct request *r,
                                  struct http_error *ret)
{
	const char *length = request_header(r, "content-length");
	const char *coding = request_header(r, "transfer-encoding");
	long long value;

	if (count_headers(r, "content-length") +
	        count_headers(r, "transfer-encoding") >
	    1)
		return http_error_bad_request(ret);
	if (coding && strcasecmp(coding, "chunked") != 0)
		return http_error_set(ret, 501, "bad-request");
	if (length && !text_to_number(length, 0, 1LL << 60, &value))
		return http_error_bad_request(ret);
	if (length && value > REQUEST_BODY_MAX)
		return http_error_set(ret, 413, "too-large");
	return true;
}

static bool is_host_header(const char *host)
{
	size_t length = strlen(host);

	if (length == 0 || length > 260)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)host[i]) &&
		    !strchr("-.:[]", host[i]))
			return false;
	return true;
}

static bool request_check_host(struct request *r, struct http_error *ret)
{
	const char *host = request_header(r, "host");

	if (count_headers(r, "host") != 1 || !is_host_header(host))
		return http_error_bad_request(ret);
	r->host = text_lower(r->arena, host);
	return true;
}

static bool request_check_target(struct request *r, const char *uri,
                                 struct http_error *ret)
{
	struct error err = { 0 };
	size_t length = strlen(uri);

	if (length > REQUEST_HEAD_MAX)
		return http_error_set(ret, 414, "too-large");
	/* RFC 9112 3.2.2: an absolute-form target overrides Host. */
	if (uri[0] != '/')
		return http_error_bad_request(ret);
	for (size_t i = 0; i < length; i++)
		if (uri[i] <= ' ' || uri[i] > '~')
			return http_error_bad_request(ret);
	const char *query_mark = strchr(uri, '?');

	r->path = arena_memdup(
	    r->arena, uri, query_mark ? (size_t)(query_mark - uri) : length);
	r->query = arena_strdup(r->arena, query_mark ? query_mark + 1 : "");
	return form_decode(r->arena, r->query, strlen(r->query),
	                   &r->query_params, &r->query_count, &err) ||
	       http_error_bad_request(ret);
}

static bool is_ip_address(const char *text)
{
	struct in6_addr buf;

	return inet_pton(AF_INET, text, &buf) == 1 ||
	       inet_pton(AF_INET6, text, &buf) == 1;
}

/* The reverse proxy appends the client's address to X-Forwarded-For, so only
 * the last element of the last header field is trusted. */
static void read_client_address(struct request *r)
{
	r->address = "";
	for (size_t i = r->header_count; i-- > 0;) {
		const char *at = r->headers[i].value;

		if (strcasecmp(r->headers[i].name, "x-forwarded-for") != 0)
			continue;
		if (strrchr(at, ','))
			at = strrchr(at, ',') + 1;
		at += strspn(at, " \t");
		if (is_ip_address(at))
			r->address = at;
		return;
	}
}

static void read_cookies(struct request *r)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (strcasecmp(r->headers[i].name, "cookie") == 0 &&
		    !cookie_parse(r->arena, r->headers[i].value, &r->cookies,
		                  &r->cookie_count))
			r->cookies_rejected = true;
	if (r->cookies_rejected)
		r->cookie_count = 0;
}

static void read_optional_headers(struct request *r)
{
	const char *listener = request_header(r, "x-portvakt-listener");

	read_cookies(r);
	r->listener = listener ? listener : "";
	read_client_address(r);
}

bool request_check_head(struct request *r, const char *method,
                        const char *version, const char *uri,
                        struct http_error *ret)
{
	if (!request_check_method(r, method, version, ret) ||
	    !request_check_headers(r, ret) || !request_check_framing(r, ret) ||
	    !request_check_host(r, ret) || !request_check_target(r, uri, ret))
		return false;
	if (count_headers(r, "content-encoding") > 0)
		return http_error_set(ret, 415, "bad-request");
	if (count_headers(r, "x-portvakt-listener") > 1 ||
	    count_headers(r, "origin") > 1 ||
	    count_headers(r, "authorization") > 1 ||
	    count_headers(r, "content-type") > 1)
		return http_error_bad_request(ret);
	read_optional_headers(r);
	return true;
}

static bool is_form_content_type(const char *type)
{
	static const char form[] = "application/x-www-form-urlencoded";

	if (!type || strncasecmp(type, form, sizeof(form) - 1) != 0)
		return false;
	const char *params = type + sizeof(form) - 1;

	params += strspn(params, " ");
	return *params == '\0' || strcasecmp(params, ";charset=utf-8") == 0 ||
	       strcasecmp(params, "; charset=utf-8") == 0;
}

bool request_check_body(struct request *r, struct http_error *ret)
{
	struct error err = { 0 };

	if (r->method != METHOD_POST || r->body_length == 0)
		return true;
	if (!is_form_content_type(request_header(r, "content-type")))
		return http_error_set(ret, 415, "bad-request");
	return form_decode(r->arena, r->body, r->body_length, &r->form_params,
	                   &r->form_count, &err) ||
	       http_error_bad_request(ret);
}
