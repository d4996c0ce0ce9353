/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request.c: lookup of headers, parameters and cookies of a request. */
#include "idp/http/request.h"

#include <string.h>
#include <strings.h>

static const char *first(const struct pair *pairs, size_t count,
                         const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(pairs[i].name, name) == 0)
			return pairs[i].value;
	return NULL;
}

static size_t how_many(const struct pair *pairs, size_t count, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (strcmp(pairs[i].name, name) == 0)
			found++;
	return found;
}

const char *request_header(const struct request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

const char *request_query(const struct request *r, const char *name)
{
	return first(r->query_words, r->query_count, name);
}

const char *request_form(const struct request *r, const char *name)
{
	return first(r->form_words, r->form_count, name);
}

/* A repeated cookie was set by two hosts, in an undefined order (RFC 6265
 * 4.2.2), so neither value is used. */
const char *request_cookie(const struct request *r, const char *name)
{
	if (how_many(r->cookies, r->cookie_count, name) != 1)
		return NULL;
	return first(r->cookies, r->cookie_count, name);
}

bool request_twice(const struct request *r, const char *name)
{
	return how_many(r->query_words, r->query_count, name) +
	           how_many(r->form_words, r->form_count, name) >
	       1;
}

const char *request_word(const struct request *r, const char *name)
{
	return r->method == METHOD_POST ? request_form(r, name)
	                                : request_query(r, name);
}
