/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redirect_fuzz.c: two arbitrary lines as a registered and a requested
 * redirect_uri. An accepted URI equals the registered one byte by byte, or for
 * a public client the registered loopback URI with another port (RFC 8252 7.3),
 * and never has a fragment, a control character or a script scheme.
 *
 * with: idp/oauth/redirect_uri.c
 */
#include "tests/fuzz/fuzz.h"

#include <strings.h>

#include <curl/curl.h>

#include "idp/oauth/redirect_uri.h"

/* Returns a part of the URL as curl parses it; NULL on error. */
static char *part(struct arena *a, const char *address, CURLUPart which)
{
	CURLU *u = curl_url();
	char *text = NULL, *copy = NULL;

	if (curl_url_set(u, CURLUPART_URL, address, 0) == CURLUE_OK &&
	    curl_url_get(u, which, &text, 0) == CURLUE_OK)
		copy = arena_strdup(a, text);
	curl_free(text);
	curl_url_cleanup(u);
	return copy;
}

static bool same_part(struct arena *a, const char *x, const char *y,
                      CURLUPart which)
{
	return text_equal(part(a, x, which), part(a, y, which));
}

static bool is_loopback(struct arena *a, const char *address)
{
	char *host = part(a, address, CURLUPART_HOST);

	return text_equal(host, "127.0.0.1") || text_equal(host, "[::1]");
}

/* RFC 8252 7.3, by curl's parser: only the port differs. */
static bool same_but_the_port(struct arena *a, const char *registered,
                              const char *sent)
{
	static const CURLUPart same[] = { CURLUPART_SCHEME, CURLUPART_HOST,
		                          CURLUPART_USER,   CURLUPART_PASSWORD,
		                          CURLUPART_PATH,   CURLUPART_QUERY };

	if (!text_equal(part(a, sent, CURLUPART_SCHEME), "http") ||
	    !is_loopback(a, sent) || part(a, sent, CURLUPART_USER))
		return false;
	for (size_t i = 0; i < LENGTH(same); i++)
		if (!same_part(a, registered, sent, same[i]))
			return false;
	return true;
}

/* The query begins at the first ?; a later one is part of it. */
static bool has_parameter(struct arena *a, const char *address,
                          const char *name)
{
	const char *query = strchr(address, '?');
	size_t count;
	char **pairs = text_split(a, query ? query + 1 : "", "&", &count);

	for (size_t i = 0; i < count; i++)
		if (text_equal(
			arena_memdup(a, pairs[i], strcspn(pairs[i], "=")),
			name))
			return true;
	return false;
}

static void check_never_allowed(struct arena *a, const char *address)
{
	for (const char *c = address; *c; c++)
		assert(*c > ' ' && *c < 0x7f && *c != '#');
	assert(strncasecmp(address, "javascript:", 11) != 0);
	assert(strncasecmp(address, "data:", 5) != 0);
	assert(!has_parameter(a, address, "code") &&
	       !has_parameter(a, address, "state"));
	assert(!has_parameter(a, address, "iss") &&
	       !has_parameter(a, address, "error"));
}

static void one(struct arena *a, bool open, char *registered, const char *sent)
{
	char *list[] = { registered, NULL };
	const struct oidc_client c = { .redirect_uris = list,
		                       .post_logout_redirect_uris = list,
		                       .public_client = open };

	if (redirect_uri_is_registered(&c, sent)) {
		check_never_allowed(a, sent);
		assert(strcmp(registered, sent) == 0 ||
		       (open && same_but_the_port(a, registered, sent)));
	}
	if (post_logout_redirect_uri_is_registered(&c, sent)) {
		check_never_allowed(a, sent);
		assert(strcmp(registered, sent) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *const usual[] = {
		(char *)"https://app.kongsberg.example/cb",
		(char *)"https://app2.flesberg.example/cb?x=1",
		(char *)"http://127.0.0.1/cb",
		(char *)"http://[::1]:3000/cb",
		(char *)"no.kongsberg.app:/cb",
	};
	struct arena *a = arena_open();
	size_t length;
	char *registered = fuzz_line(a, &data, &size, &length);
	char *sent = fuzz_string(a, data, size);

	for (int open = 0; open < 2; open++) {
		one(a, open, registered, sent);
		for (size_t i = 0; i < LENGTH(usual); i++)
			one(a, open, usual[i], sent);
	}
	arena_close(a);
	return 0;
}
