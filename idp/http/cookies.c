/* SPDX-License-Identifier: AGPL-3.0-or-later
 * cookies.c: parser of the Cookie header (RFC 6265 4.2.1). */
#include "idp/http/cookies.h"

#include <string.h>

#include "lib/compiler.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

static const char *const own_cookies[] = { SESSION_COOKIE, CSRF_COOKIE,
	                                   RP_BINDING_COOKIE, PREVIOUS_COOKIE,
	                                   PREFERENCE_COOKIE };

static bool cookie_is_own(const char *name)
{
	for (size_t i = 0; i < LENGTH(own_cookies); i++)
		if (strcmp(own_cookies[i], name) == 0)
			return true;
	return false;
}

static bool cookie_is_repeated(const struct http_field *cookies, size_t count,
                               const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(cookies[i].name, name) == 0)
			return true;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Reads one cookie-pair.  Returns false if it has no name. */
static bool cookie_pair_read(struct arena *a, const char *from, const char *end,
                             struct http_field *ret)
{
	while (from < end && is_blank(*from))
		from++;
	while (end > from && is_blank(end[-1]))
		end--;
	const char *equals = memchr(from, '=', (size_t)(end - from));

	if (!equals || equals == from)
		return false;
	ret->name = arena_memdup(a, from, (size_t)(equals - from));
	ret->value = arena_memdup(a, equals + 1, (size_t)(end - equals - 1));
	return true;
}

bool cookie_parse(struct arena *a, const char *header,
                  struct http_field **cookies, size_t *count)
{
	VECTOR(struct http_field) all = { *cookies, *count, *count };
	struct http_field cookie;

	for (const char *from = header, *end; *from; from = end + (*end != 0)) {
		end = from + strcspn(from, ";");
		if (!cookie_pair_read(a, from, end, &cookie))
			continue;
		if (all.count == COOKIES_MAX ||
		    (cookie_is_own(cookie.name) &&
		     cookie_is_repeated(all.at, all.count, cookie.name)))
			return false;
		*vector_append(a, &all) = cookie;
	}
	*cookies = all.at;
	*count = all.count;
	return true;
}

void cookies_expire(struct http_response *resp)
{
	for (size_t i = 0; i < LENGTH(own_cookies); i++)
		response_set_cookie(resp, own_cookies[i], "", -1);
}
