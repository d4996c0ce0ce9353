/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_check_fuzz.c: arbitrary lines as a request head and the rest as its
 * body. An accepted request has one Host, one meaning of its length, an
 * absolute path, a known method and no control characters (RFC 9112).
 *
 * with: idp/http/request_check.c idp/http/form_urlencoded.c idp/http/request.c
 * with: idp/http/cookies.c idp/http/response.c
 */
#include "tests/fuzz/fuzz.h"

#include <strings.h>

#include <arpa/inet.h>

#include "idp/http/request_check.h"

enum { MOST = 130 };

static size_t times(const struct request *r, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < r->header_count; i++)
		found += strcasecmp(r->headers[i].name, name) == 0;
	return found;
}

static void is_plain(const char *text)
{
	for (; *text; text++)
		assert(((unsigned char)*text >= ' ' || *text == '\t') &&
		       *text != 0x7f);
}

static void holds(const struct request *r)
{
	assert(times(r, "host") == 1 && r->host && *r->host);
	assert(times(r, "content-length") + times(r, "transfer-encoding") <= 1);
	assert(times(r, "content-encoding") == 0);
	assert(r->method != METHOD_OTHER && r->path[0] == '/');
	assert(!strchr(r->path, '?') && !strchr(r->host, '@') &&
	       !strchr(r->host, '/'));
	is_plain(r->path);
	for (size_t i = 0; i < r->header_count; i++) {
		is_plain(r->headers[i].name);
		is_plain(r->headers[i].value);
		assert(!strpbrk(r->headers[i].name, " \t:\r\n"));
	}
	for (size_t i = 0; i < r->query_count; i++)
		assert(text_is_utf8(r->query_params[i].value,
		                    strlen(r->query_params[i].value)));
}

/* "" or a valid address. */
static void address_is_one(const struct request *r)
{
	char room[16];

	assert(!*r->address || inet_pton(AF_INET, r->address, room) == 1 ||
	       inet_pton(AF_INET6, r->address, room) == 1);
}

/* Lines: method, version, target, header lines, an empty one; then the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct request r = { .arena = a };
	struct http_error away = { 0 };
	size_t length;
	char *method = fuzz_line(a, &data, &size, &length);
	char *version = fuzz_line(a, &data, &size, &length);
	char *target = fuzz_line(a, &data, &size, &length);

	r.headers = arena_array(a, struct http_field, MOST);
	while (size > 0 && r.header_count < MOST) {
		char *name = fuzz_line(a, &data, &size, &length);
		char *colon = strchr(name, ':');

		if (!*name)
			break;
		if (colon)
			*colon++ = '\0';
		r.headers[r.header_count++] =
		    (struct http_field){ text_lower(a, name),
			                 colon ? colon : "" };
	}
	r.body = arena_memdup(a, data, size);
	r.body_length = size;
	if (request_check_head(&r, method, version, target, &away)) {
		holds(&r);
		address_is_one(&r);
		if (!request_check_body(&r, &away))
			assert(away.status >= 400 && away.reason);
	} else {
		assert(away.status >= 400 && away.status < 600 && away.reason);
	}
	arena_close(a);
	return 0;
}
