/* SPDX-License-Identifier: AGPL-3.0-or-later
 * form_urlencoded.c: strict parser of form parameters (WHATWG URL 5.1). */
#include "idp/http/form_urlencoded.h"

#include <string.h>

#include "lib/strbuf.h"
#include "lib/vector.h"

static int form_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes one octet.  Returns the position after it; NULL for invalid
 * percent-encoding. */
static const char *form_decode_octet(const char *from, const char *end,
                                     char *ret)
{
	if (*from != '%') {
		*ret = *from == '+' ? ' ' : *from;
		return from + 1;
	}
	if (end - from < 3)
		return NULL;
	int high = form_hex_digit(from[1]), low = form_hex_digit(from[2]);

	if (high < 0 || low < 0)
		return NULL;
	*ret = (char)(high * 16 + low);
	return from + 3;
}

static bool form_decode_string(struct arena *a, const char *from,
                               const char *end, const char **ret_text,
                               struct error *err)
{
	char *out = arena_alloc(a, (size_t)(end - from) + 1);
	size_t length = 0;

	while (from && from < end)
		from = form_decode_octet(from, end, &out[length++]);
	if (!from)
		return error_set_reason(
		    err, ERROR_INVALID, "bad-request",
		    "invalid percent-encoding in a parameter");
	/* text_is_utf8 rejects NUL too: `ola%00admin` is not ola. */
	if (!text_is_utf8(out, length))
		return error_set_reason(err, ERROR_INVALID, "bad-request",
		                        "parameter is not valid UTF-8");
	*ret_text = out;
	return true;
}

static bool form_decode_param(struct arena *a, const char *from,
                              const char *end, struct http_field *ret,
                              struct error *err)
{
	const char *equals = memchr(from, '=', (size_t)(end - from));

	return form_decode_string(a, from, equals ? equals : end, &ret->name,
	                          err) &&
	       form_decode_string(a, equals ? equals + 1 : end, end,
	                          &ret->value, err);
}

bool form_decode(struct arena *a, const char *bytes, size_t length,
                 struct http_field **ret_params, size_t *ret_count,
                 struct error *err)
{
	VECTOR(struct http_field) params = { 0 };
	const char *end = bytes + length;
	struct http_field param;

	for (const char *from = bytes, *to; from < end; from = to + 1) {
		to = memchr(from, '&', (size_t)(end - from));
		if (!to)
			to = end;
		if (to == from)
			continue;
		if (params.count == FORM_PARAMS_MAX)
			return error_set_reason(
			    err, ERROR_INVALID, "bad-request",
			    "more than %d parameters", FORM_PARAMS_MAX);
		if (!form_decode_param(a, from, to, &param, err))
			return false;
		*vector_append(a, &params) = param;
	}
	*ret_params = params.at;
	*ret_count = params.count;
	return true;
}
