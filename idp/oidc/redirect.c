/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redirect_uri.c: checks redirect URIs against the registered ones.  No
 * parsing, decoding or normalization: RFC 9700 2.1 requires exact string
 * matching; any other comparison risks an open redirector. */
#include "idp/oidc/redirect.h"

#include <string.h>
#include <strings.h>

#include "lib/escape.h"
#include "lib/text.h"

/* Rejected even if registered. */
static const char *const never_schemes[] = {
	"javascript:", "data:",  "vbscript:", "blob:",
	"file:",       "about:", "intent:",   "filesystem:",
};

/* Response parameters: a URI that contains one already would repeat it, and
 * clients differ in which value they use. */
static const char *const our_words[] = {
	"code", "state", "iss", "error", "error_description", "response",
};

static bool is_clean(const char *address)
{
	for (const char *c = address; *c; c++)
		if (*c < 0x21 || *c > 0x7e || strchr("#\\\"<>", *c))
			return false;
	return *address != '\0';
}

static bool has_never_scheme(const char *address)
{
	for (size_t i = 0; i < LENGTH(never_schemes); i++)
		if (strncasecmp(address, never_schemes[i],
		                strlen(never_schemes[i])) == 0)
			return true;
	return false;
}

static bool is_our_word(const char *name, size_t length)
{
	for (size_t i = 0; i < LENGTH(our_words); i++)
		if (strlen(our_words[i]) == length &&
		    memcmp(our_words[i], name, length) == 0)
			return true;
	return false;
}

static bool says_our_words(const char *address)
{
	const char *at = strchr(address, '?');

	while (at) {
		at++;
		if (is_our_word(at, strcspn(at, "=&")))
			return true;
		at = strchr(at, '&');
	}
	return false;
}

static bool may_be_sent_to(const char *address)
{
	return is_clean(address) && !has_never_scheme(address) &&
	       !says_our_words(address);
}

/* RFC 8252 7.3: the port of a native client's loopback URI is variable.  Not
 * localhost (8.3): it may resolve to another address.  Returns the rest of the
 * URI behind the address; NULL: not a loopback URI. */
static const char *behind_loopback(const char *address)
{
	static const char *const origins[] = { "http://127.0.0.1",
		                               "http://[::1]" };

	for (size_t i = 0; i < LENGTH(origins); i++) {
		const char *rest = address + strlen(origins[i]);

		if (text_starts(address, origins[i]) &&
		    (*rest == ':' || *rest == '/'))
			return rest;
	}
	return NULL;
}

/* Returns the rest behind an optional port; NULL: an invalid port. */
static const char *behind_port(const char *rest)
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

static bool same_but_port(const char *registered, const char *address)
{
	const char *r = behind_loopback(registered);
	const char *a = behind_loopback(address);

	/* 127.0.0.1 and ::1 are different. */
	if (!r || !a || r - registered != a - address)
		return false;
	r = behind_port(r);
	a = behind_port(a);
	return r && a && *a == '/' && strcmp(r, a) == 0;
}

static bool is_among(char *const *registered, const char *address)
{
	for (; registered && *registered; registered++)
		if (strcmp(*registered, address) == 0)
			return true;
	return false;
}

static bool is_native_loopback(const struct oidc_client *c, const char *address)
{
	if (!c->public_client)
		return false;
	for (char *const *r = c->redirects; r && *r; r++)
		if (same_but_port(*r, address))
			return true;
	return false;
}

bool redirect_allowed(const struct oidc_client *c, const char *address)
{
	if (!address || !may_be_sent_to(address))
		return false;
	return is_among(c->redirects, address) ||
	       is_native_loopback(c, address);
}

bool redirect_allowed_after_logout(const struct oidc_client *c,
                                   const char *address)
{
	if (!address || !may_be_sent_to(address))
		return false;
	return is_among(c->after_logout, address);
}

char *redirect_with(struct arena *a, const char *address,
                    const struct pair *words, size_t count)
{
	struct text t = text_in(a);
	char between = strchr(address, '?') ? '&' : '?';

	text_add(&t, address);
	for (size_t i = 0; i < count; i++) {
		if (!words[i].value)
			continue;
		text_add_bytes(&t, &between, 1);
		text_add(&t, words[i].name);
		text_add(&t, "=");
		escape_url(&t, words[i].value);
		between = '&';
	}
	return t.at;
}
