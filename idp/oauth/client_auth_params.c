/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_auth_params.c: reads the client authentication of a request strictly
 * (RFC 6749 2.3.1, RFC 7523 2.2). */
#include "idp/oauth/client_auth_params.h"

#include <string.h>
#include <strings.h>

#include "lib/base64.h"
#include "lib/strbuf.h"

enum { CLIENT_ID_MAX = 512, CLIENT_SECRET_MAX = 512 };

static const char client_assertion_type[] =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

static int client_auth_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* RFC 6749 2.3.1: id and secret are form-urlencoded and then joined by a colon.
 * Returns the decoded text, owned by a; NULL for an invalid escape, a control
 * character or invalid UTF-8. */
static char *client_auth_form_decode(struct arena *a, const char *text,
                                     size_t length)
{
	char *out = arena_alloc(a, length + 1), *end = out;

	for (size_t i = 0; i < length; i++) {
		int byte = text[i] == '+' ? ' ' : (unsigned char)text[i];

		if (byte == '%') {
			int high = i + 2 < length
			               ? client_auth_hex_digit(text[i + 1])
			               : -1;
			int low =
			    high >= 0 ? client_auth_hex_digit(text[i + 2]) : -1;

			if (low < 0)
				return NULL;
			byte = high * 16 + low;
			i += 2;
		}
		if (byte < 0x20 || byte == 0x7f)
			return NULL;
		*end++ = (char)byte;
	}
	return text_is_utf8(out, (size_t)(end - out)) ? out : NULL;
}

bool client_auth_params_from_basic(struct arena *a, const char *header,
                                   struct client_auth_params *ret,
                                   struct error *err)
{
	unsigned char *bytes;
	size_t length;

	if (strncasecmp(header, "Basic ", 6) != 0 ||
	    !base64_decode(a, header + 6, strlen(header + 6), &bytes, &length))
		return error_set(err, ERROR_INVALID,
		                 "Authorization header is not valid Basic");
	const char *user_pass = arena_memdup(a, bytes, length);
	const char *colon = memchr(user_pass, ':', length);

	/* A colon in the secret must be encoded as %3A; otherwise parsers
	 * could split it differently. */
	if (!colon || strlen(user_pass) != length || strchr(colon + 1, ':'))
		return error_set(
		    err, ERROR_INVALID,
		    "Basic credentials do not have exactly one colon");
	const char *id =
	    client_auth_form_decode(a, user_pass, (size_t)(colon - user_pass));
	const char *secret =
	    client_auth_form_decode(a, colon + 1, strlen(colon + 1));

	if (!id || !secret || !*id || !*secret)
		return error_set(
		    err, ERROR_INVALID,
		    "Basic credentials are not form-encoded or empty");
	*ret = (struct client_auth_params){ .method = CLIENT_SECRET_BASIC,
		                            .id = id,
		                            .secret = secret };
	return true;
}

static bool client_auth_params_from_assertion(const struct request *r,
                                              struct client_auth_params *ret,
                                              struct error *err)
{
	const char *type = request_form(r, "client_assertion_type");

	if (!text_equal(type, client_assertion_type))
		return error_set(err, ERROR_INVALID,
		                 "unknown client_assertion_type");
	*ret = (struct client_auth_params){
		.method = PRIVATE_KEY_JWT,
		.id = request_form(r, "client_id"),
		.assertion = request_form(r, "client_assertion"),
	};
	return true;
}

/* RFC 6749 2.3: at most one authentication method in a request. */
static bool client_auth_has_several_methods(const struct request *r)
{
	int methods = 0;

	methods += request_header(r, "authorization") ? 1 : 0;
	methods += request_form(r, "client_secret") ? 1 : 0;
	methods += request_form(r, "client_assertion") ? 1 : 0;
	return methods > 1;
}

static bool client_auth_is_in_query(const struct request *r)
{
	return request_query(r, "client_id") ||
	       request_query(r, "client_secret") ||
	       request_query(r, "client_assertion");
}

static bool client_auth_params_read_method(struct arena *a,
                                           const struct request *r,
                                           struct client_auth_params *ret,
                                           struct error *err)
{
	const char *header = request_header(r, "authorization");
	const char *id = request_form(r, "client_id");
	const char *secret = request_form(r, "client_secret");

	if (request_form(r, "client_assertion"))
		return client_auth_params_from_assertion(r, ret, err);
	if (header) {
		if (!client_auth_params_from_basic(a, header, ret, err))
			return false;
		return !id || text_equal(id, ret->id) ||
		       error_set(err, ERROR_INVALID,
		                 "client_id and the client credentials differ");
	}
	if (!id || !*id || (secret && !*secret))
		return error_set(err, ERROR_INVALID,
		                 "client_id or client_secret is missing");
	*ret =
	    (struct client_auth_params){ .method = secret ? CLIENT_SECRET_POST
		                                          : CLIENT_AUTH_NONE,
		                         .id = id,
		                         .secret = secret };
	return true;
}

bool client_auth_params_read(struct arena *a, const struct request *r,
                             struct client_auth_params *ret, struct error *err)
{
	struct client_auth_params params = { 0 };

	if (client_auth_is_in_query(r))
		return error_set(
		    err, ERROR_INVALID,
		    "client credentials in the query are not allowed");
	if (client_auth_has_several_methods(r))
		return error_set(err, ERROR_INVALID,
		                 "more than one client authentication method");
	if (!client_auth_params_read_method(a, r, &params, err))
		return false;
	if ((params.id && strlen(params.id) > CLIENT_ID_MAX) ||
	    (params.secret && strlen(params.secret) > CLIENT_SECRET_MAX))
		return error_set(err, ERROR_INVALID,
		                 "client_id or client_secret is too long");
	*ret = params;
	return true;
}
