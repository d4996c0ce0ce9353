/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_check.c: strict validation of a request (RFC 9110, RFC 9112): each
 * check rejects one kind of ambiguous request (request smuggling). */
#include "idp/http/gate.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "idp/http/words.h"
#include "lib/attr.h"
#include "lib/text.h"

static const struct {
	const char *name;
	enum method method;
} methods[] = {
	{ "GET", METHOD_GET },
	{ "POST", METHOD_POST },
	{ "HEAD", METHOD_HEAD },
	{ "OPTIONS", METHOD_OPTIONS },
};

static bool turn_away(struct turned_away *ret, int status, const char *reason)
{
	*ret = (struct turned_away){ status, reason };
	return false;
}

static bool bad(struct turned_away *ret)
{
	return turn_away(ret, 400, "bad-request");
}

static size_t times(const struct request *r, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < r->header_count; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			found++;
	return found;
}

static bool is_token(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) &&
		    !strchr("!#$%&'*+-.^_`|~", *name))
			return false;
	return true;
}

/* An unfolded line (obs-fold), a bare CR or a bare LF leaves a control
 * character in the value. */
static bool has_control(const char *value)
{
	for (; *value; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') ||
		    *value == 0x7f)
			return true;
	return false;
}

static bool check_headers(const struct request *r, struct turned_away *ret)
{
	size_t bytes = 0;

	if (r->header_count > GATE_HEADERS_MOST)
		return turn_away(ret, 431, "too-large");
	for (size_t i = 0; i < r->header_count; i++) {
		const struct pair *h = &r->headers[i];

		if (!is_token(h->name) || has_control(h->value))
			return bad(ret);
		bytes += strlen(h->name) + strlen(h->value);
	}
	return bytes <= GATE_HEAD_MOST || turn_away(ret, 431, "too-large");
}

static bool check_method(struct request *r, const char *method,
                         const char *version, struct turned_away *ret)
{
	if (strcmp(version, "HTTP/1.1") != 0 &&
	    strcmp(version, "HTTP/1.0") != 0)
		return turn_away(ret, 505, "bad-request");
	for (size_t i = 0; i < LENGTH(methods); i++)
		if (strcmp(methods[i].name, method) == 0)
			r->method = methods[i].method;
	return r->method != METHOD_OTHER || turn_away(ret, 405, "wrong-method");
}

/* RFC 9112 6.1 and 6.3: one Content-Length or one Transfer-Encoding, not both,
 * and no transfer coding except chunked. */
static bool check_length(const struct request *r, struct turned_away *ret)
{
	const char *length = request_header(r, "content-length");
	const char *coding = request_header(r, "transfer-encoding");
	long long meant;

	if (times(r, "content-length") + times(r, "transfer-encoding") > 1)
		return bad(ret);
	if (coding && strcasecmp(coding, "chunked") != 0)
		return turn_away(ret, 501, "bad-request");
	if (length && !text_to_number(length, 0, 1LL << 60, &meant))
		return bad(ret);
	if (length && meant > GATE_BODY_MOST)
		return turn_away(ret, 413, "too-large");
	return true;
}

static bool is_host(const char *host)
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

static bool check_host(struct request *r, struct turned_away *ret)
{
	const char *host = request_header(r, "host");

	if (times(r, "host") != 1 || !is_host(host))
		return bad(ret);
	r->host = text_lower(r->arena, host);
	return true;
}

static bool check_target(struct request *r, const char *uri,
                         struct turned_away *ret)
{
	struct fault why = { 0 };
	size_t length = strlen(uri);

	if (length > GATE_HEAD_MOST)
		return turn_away(ret, 414, "too-large");
	/* RFC 9112 3.2.2: an absolute-form target overrides Host. */
	if (uri[0] != '/')
		return bad(ret);
	for (size_t i = 0; i < length; i++)
		if (uri[i] <= ' ' || uri[i] > '~')
			return bad(ret);
	const char *mark = strchr(uri, '?');

	r->path =
	    arena_bytes(r->arena, uri, mark ? (size_t)(mark - uri) : length);
	r->query = arena_copy(r->arena, mark ? mark + 1 : "");
	return words_read(r->arena, r->query, strlen(r->query), &r->query_words,
	                  &r->query_count, &why) ||
	       bad(ret);
}

static bool is_address(const char *text)
{
	struct in6_addr room;

	return inet_pton(AF_INET, text, &room) == 1 ||
	       inet_pton(AF_INET6, text, &room) == 1;
}

/* The reverse proxy appends the address it saw to what the client sent, so
 * only the last element of the last header field is trusted. */
static void take_address(struct request *r)
{
	r->address = "";
	for (size_t i = r->header_count; i-- > 0;) {
		const char *at = r->headers[i].value;

		if (strcasecmp(r->headers[i].name, "x-forwarded-for") != 0)
			continue;
		if (strrchr(at, ','))
			at = strrchr(at, ',') + 1;
		at += strspn(at, " \t");
		if (is_address(at))
			r->address = at;
		return;
	}
}

static void take_rest(struct request *r)
{
	const char *listener = request_header(r, "x-portvakt-listener");

	for (size_t i = 0; i < r->header_count; i++)
		if (strcasecmp(r->headers[i].name, "cookie") == 0)
			words_read_cookies(r->arena, r->headers[i].value,
			                   &r->cookies, &r->cookie_count);
	r->listener = listener ? listener : "";
	take_address(r);
}

bool gate_head(struct request *r, const char *method, const char *version,
               const char *uri, struct turned_away *ret)
{
	if (!check_method(r, method, version, ret) || !check_headers(r, ret) ||
	    !check_length(r, ret) || !check_host(r, ret) ||
	    !check_target(r, uri, ret))
		return false;
	if (times(r, "content-encoding") > 0)
		return turn_away(ret, 415, "bad-request");
	if (times(r, "x-portvakt-listener") > 1 || times(r, "origin") > 1 ||
	    times(r, "authorization") > 1 || times(r, "content-type") > 1)
		return bad(ret);
	take_rest(r);
	return true;
}

static bool is_form(const char *type)
{
	static const char form[] = "application/x-www-form-urlencoded";

	if (!type || strncasecmp(type, form, sizeof(form) - 1) != 0)
		return false;
	const char *more = type + sizeof(form) - 1;

	more += strspn(more, " ");
	return *more == '\0' || strcasecmp(more, ";charset=utf-8") == 0 ||
	       strcasecmp(more, "; charset=utf-8") == 0;
}

bool gate_body(struct request *r, struct turned_away *ret)
{
	struct fault why = { 0 };

	if (r->method != METHOD_POST || r->body_length == 0)
		return true;
	if (!is_form(request_header(r, "content-type")))
		return turn_away(ret, 415, "bad-request");
	return words_read(r->arena, r->body, r->body_length, &r->form_words,
	                  &r->form_count, &why) ||
	       bad(ret);
}
