/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redirect_uri.c: checks redirect URIs against the registered ones.  No
 * parsing, decoding or normalization: RFC 9700 2.1 requires exact string
 * matching; any other comparison risks an open redirector. */
#include "idp/oauth/redirect_uri.h"

#include <string.h>
#include <strings.h>

#include "lib/escape.h"
#include "lib/strbuf.h"

/* Rejected even if registered. */
static const char *const forbidden_schemes[] = {
	"javascript:", "data:",  "vbscript:", "blob:",
	"file:",       "about:", "intent:",   "filesystem:",
};

/* Response parameters: a URI that contains one already would repeat it, and
 * clients differ in which value they use. */
static const char *const response_params[] = {
	"code", "state", "iss", "error", "error_description", "response",
};

static bool redirect_uri_is_clean(const char *uri)
{
	for (const char *c = uri; *c; c++)
		if (*c < 0x21 || *c > 0x7e || strchr("#\\\"<>", *c))
			return false;
	return *uri != '\0';
}

static bool redirect_uri_has_forbidden_scheme(const char *uri)
{
	for (size_t i = 0; i < LENGTH(forbidden_schemes); i++)
		if (strncasecmp(uri, forbidden_schemes[i],
		                strlen(forbidden_schemes[i])) == 0)
			return true;
	return false;
}

static bool is_response_param(const char *name, size_t length)
{
	for (size_t i = 0; i < LENGTH(response_params); i++)
		if (strlen(response_params[i]) == length &&
		    memcmp(response_params[i], name, length) == 0)
			return true;
	return false;
}

static bool redirect_uri_has_response_param(const char *uri)
{
	const char *at = strchr(uri, '?');

	while (at) {
		at++;
		if (is_response_param(at, strcspn(at, "=&")))
			return true;
		at = strchr(at, '&');
	}
	return false;
}

static bool redirect_uri_is_acceptable(const char *uri)
{
	return redirect_uri_is_clean(uri) &&
	       !redirect_uri_has_forbidden_scheme(uri) &&
	       !redirect_uri_has_response_param(uri);
}

/* RFC 8252 7.3: the port of a native client's loopback URI is variable.  Not
 * localhost (8.3): it may resolve to another address.  Returns the rest of the
 * URI behind the address; NULL: not a loopback URI. */
static const char *redirect_uri_after_loopback(const char *uri)
{
	static const char *const origins[] = { "http://127.0.0.1",
		                               "http://[::1]" };

	for (size_t i = 0; i < LENGTH(origins); i++) {
		const char *rest = uri + strlen(origins[i]);

		if (text_starts(uri, origins[i]) &&
		    (*rest == ':' || *rest == '/'))
			return rest;
	}
	return NULL;
}

/* Returns the rest behind an optional port; NULL: an invalid port. */
static const char *redirect_uri_after_port(const char *rest)
{
	long port = 0;

	if (*rest != ':')
		return rest;
	if (rest[1] < '1' || rest[1] > '9')
		return NULL;
	for (rest++; *rest >= '0' && *rest <= '9'; rest++)
		if ((port = port * 10 + (*rest - '0')) > 65535)
			return NULL;
	return rest;
}

static bool redirect_uri_matches_but_port(const char *registered,
                                          const char *uri)
{
	const char *r = redirect_uri_after_loopback(registered);
	const char *a = redirect_uri_after_loopback(uri);

	/* 127.0.0.1 and ::1 are different. */
	if (!r || !a || r - registered != a - uri)
		return false;
	r = redirect_uri_after_port(r);
	a = redirect_uri_after_port(a);
	return r && a && *a == '/' && strcmp(r, a) == 0;
}

static bool redirect_uri_is_listed(char *const *registered, const char *uri)
{
	for (; registered && *registered; registered++)
		if (strcmp(*registered, uri) == 0)
			return true;
	return false;
}

static bool redirect_uri_is_native_loopback(const struct oidc_client *c,
                                            const char *uri)
{
	if (!c->public_client)
		return false;
	for (char *const *r = c->redirect_uris; r && *r; r++)
		if (redirect_uri_matches_but_port(*r, uri))
			return true;
	return false;
}

bool redirect_uri_is_registered(const struct oidc_client *c, const char *uri)
{
	if (!uri || !redirect_uri_is_acceptable(uri))
		return false;
	return redirect_uri_is_listed(c->redirect_uris, uri) ||
	       redirect_uri_is_native_loopback(c, uri);
}

bool post_logout_redirect_uri_is_registered(const struct oidc_client *c,
                                            const char *uri)
{
	if (!uri || !redirect_uri_is_acceptable(uri))
		return false;
	return redirect_uri_is_listed(c->post_logout_redirect_uris, uri);
}

char *url_with_params(struct arena *a, const char *uri,
                      const struct http_field *params, size_t count)
{
	struct strbuf url = strbuf_init(a);
	char separator = strchr(uri, '?') ? '&' : '?';

	strbuf_append(&url, uri);
	for (size_t i = 0; i < count; i++) {
		if (!params[i].value)
			continue;
		strbuf_append_bytes(&url, &separator, 1);
		strbuf_append(&url, params[i].name);
		strbuf_append(&url, "=");
		escape_url(&url, params[i].value);
		separator = '&';
	}
	return url.data;
}
