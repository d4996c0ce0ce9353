/* SPDX-License-Identifier: AGPL-3.0-or-later
 * csrf.c: CSRF tokens: HMAC-SHA-256(secret of the browser's cookie, purpose of
 * the form), base64url. */
#include "idp/http/csrf.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/strbuf.h"

enum {
	COOKIE_SECRET_LENGTH = 43, /* of random_secret() */
	/* The rate limit recognises a trusted browser by its secret
	 * (idp/login/rate_limit.c). */
	COOKIE_MAX_AGE_S = 90 * 24 * 3600,
};

static bool csrf_secret_is_valid(const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789-_";

	return text && strlen(text) == COOKIE_SECRET_LENGTH &&
	       strspn(text, alphabet) == COOKIE_SECRET_LENGTH;
}

/* Returns the secret that this response already sets as the cookie, so that two
 * forms on a page use the same one; NULL if it sets none. */
static const char *csrf_secret_pending(const struct http_response *resp,
                                       const char *cookie)
{
	size_t length = strlen(cookie);

	for (size_t i = 0; i < resp->header_count; i++) {
		const char *value = resp->headers[i].value;

		if (strcmp(resp->headers[i].name, "Set-Cookie") == 0 &&
		    text_starts(value, cookie) && value[length] == '=')
			return arena_memdup(resp->arena, value + length + 1,
			                    COOKIE_SECRET_LENGTH);
	}
	return NULL;
}

const char *csrf_secret_find(const struct request *r, const char *cookie)
{
	const char *secret = request_cookie(r, cookie);

	return csrf_secret_is_valid(secret) ? secret : NULL;
}

const char *csrf_secret_ensure(const struct request *r,
                               struct http_response *resp, const char *cookie)
{
	const char *secret = csrf_secret_find(r, cookie);

	if (!secret)
		secret = csrf_secret_pending(resp, cookie);
	if (secret)
		return secret;
	secret = random_secret(resp->arena);
	response_set_cookie(resp, cookie, secret, COOKIE_MAX_AGE_S);
	return secret;
}

char *csrf_token(struct arena *a, const char *secret, const char *purpose)
{
	unsigned char mac[HASH_SHA256_SIZE];

	hash_hmac_sha256(secret, strlen(secret), purpose, strlen(purpose), mac);
	return base64url_encode(a, mac, sizeof(mac));
}

/* With `Referrer-Policy: no-referrer` a browser sends `Origin: null` for our
 * own forms too (Fetch 3.1); Sec-Fetch-Site then decides, where present. */
bool csrf_is_same_origin(const struct request *r, const char *origin)
{
	const char *sent = request_header(r, "origin");
	const char *site = request_header(r, "sec-fetch-site");

	if (site && strcmp(site, "same-origin") != 0)
		return false;
	return !sent || strcmp(sent, "null") == 0 || strcmp(sent, origin) == 0;
}

bool csrf_verify(const struct request *r, const char *origin,
                 const char *purpose, struct error *err)
{
	const char *secret = csrf_secret_find(r, CSRF_COOKIE);
	const char *token = request_form(r, CSRF_FIELD);

	if (!csrf_is_same_origin(r, origin))
		return error_set_reason(err, ERROR_INVALID, "form-expired",
		                        "form was posted from another origin");
	if (!secret || !token || request_param_repeated(r, CSRF_FIELD))
		return error_set_reason(err, ERROR_INVALID, "form-expired",
		                        "CSRF token or its cookie is missing");
	if (!hash_equal_strings(token, csrf_token(r->arena, secret, purpose)))
		return error_set_reason(
		    err, ERROR_INVALID, "form-expired",
		    "CSRF token does not match the cookie of this browser");
	return true;
}
