/* SPDX-License-Identifier: AGPL-3.0-or-later
 * csrf.c: CSRF tokens: HMAC-SHA-256(secret of the browser's cookie, purpose of
 * the form), base64url. */
#include "idp/http/guard.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/text.h"

/* Long enough for the rate limit to recognise a trusted browser
 * (idp/login/rate_limit.c). */
enum { SECRET_LETTERS = 43, REMEMBERED = 90 * 24 * 3600 };

static bool is_secret(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789-_";

	return text && strlen(text) == SECRET_LETTERS &&
	       strspn(text, letters) == SECRET_LETTERS;
}

/* Returns the secret that this response already sets, so that two forms on a
 * page use the same one. */
static const char *being_set(const struct answer *a, const char *cookie)
{
	size_t length = strlen(cookie);

	for (size_t i = 0; i < a->header_count; i++) {
		const char *value = a->headers[i].value;

		if (strcmp(a->headers[i].name, "Set-Cookie") == 0 &&
		    text_starts(value, cookie) && value[length] == '=')
			return arena_bytes(a->arena, value + length + 1,
			                   SECRET_LETTERS);
	}
	return NULL;
}

const char *guard_known(const struct request *r, const char *cookie)
{
	const char *secret = request_cookie(r, cookie);

	return is_secret(secret) ? secret : NULL;
}

const char *guard_secret(const struct request *r, struct answer *a,
                         const char *cookie)
{
	const char *secret = guard_known(r, cookie);

	if (!secret)
		secret = being_set(a, cookie);
	if (secret)
		return secret;
	secret = random_secret(a->arena);
	answer_cookie(a, cookie, secret, REMEMBERED);
	return secret;
}

char *guard_word(struct arena *a, const char *secret, const char *purpose)
{
	unsigned char mac[HASH_SHA256];

	hash_hmac(secret, strlen(secret), purpose, strlen(purpose), mac);
	return base64url_write(a, mac, sizeof(mac));
}

/* With `Referrer-Policy: no-referrer` a browser sends `Origin: null` for our
 * own forms too (Fetch 3.1); Sec-Fetch-Site then decides, where present. */
static bool is_from(const struct request *r, const char *origin)
{
	const char *said = request_header(r, "origin");
	const char *site = request_header(r, "sec-fetch-site");

	if (site && strcmp(site, "same-origin") != 0)
		return false;
	return !said || strcmp(said, "null") == 0 || strcmp(said, origin) == 0;
}

bool guard_check(const struct request *r, const char *origin,
                 const char *purpose, struct fault *why)
{
	const char *secret = guard_known(r, GUARD_BROWSER);
	const char *word = request_form(r, GUARD_FIELD);

	if (!is_from(r, origin))
		return fault_for(why, FAULT_INVALID, "form-expired",
		                 "the form comes from another site");
	if (!secret || !word || request_twice(r, GUARD_FIELD))
		return fault_for(why, FAULT_INVALID, "form-expired",
		                 "the form lacks its word");
	if (!hash_same_text(word, guard_word(r->arena, secret, purpose)))
		return fault_for(why, FAULT_INVALID, "form-expired",
		                 "the form's word is not this browser's");
	return true;
}
