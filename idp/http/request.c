/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request.c: lookup of headers, parameters and cookies of a request. */
#include "idp/http/request.h"

#include <string.h>
#include <strings.h>

static const char *http_field_value(const struct http_field *fields,
                                    size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].value;
	return NULL;
}

static size_t http_field_count(const struct http_field *fields, size_t count,
                               const char *name)
{
	size_t matches = 0;

	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			matches++;
	return matches;
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
	return http_field_value(r->query_params, r->query_count, name);
}

const char *request_form(const struct request *r, const char *name)
{
	return http_field_value(r->form_params, r->form_count, name);
}

const char *request_cookie(const struct request *r, const char *name)
{
	if (http_field_count(r->cookies, r->cookie_count, name) != 1)
		return NULL;
	return http_field_value(r->cookies, r->cookie_count, name);
}

bool request_param_repeated(const struct request *r, const char *name)
{
	return http_field_count(r->query_params, r->query_count, name) +
	           http_field_count(r->form_params, r->form_count, name) >
	       1;
}

const char *request_param(const struct request *r, const char *name)
{
	return r->method == METHOD_POST ? request_form(r, name)
	                                : request_query(r, name);
}
