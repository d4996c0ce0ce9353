/* SPDX-License-Identifier: AGPL-3.0-or-later
 * pkce.c: Proof Key for Code Exchange (RFC 7636), S256 only. */
#include "idp/oidc/pkce.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/text.h"

/* RFC 7636 4.1. */
enum { SHORTEST = 43, LONGEST = 128 };

bool pkce_is_challenge(struct arena *a, const char *challenge,
                       const char *method)
{
	unsigned char *digest;
	size_t length;

	if (!text_equal(method, "S256") || !challenge)
		return false;
	if (!base64url_read(a, challenge, strlen(challenge), &digest, &length))
		return false;
	return length == HASH_SHA256;
}

static bool is_verifier(const char *verifier)
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-._~";
	size_t length = strlen(verifier);

	return length >= SHORTEST && length <= LONGEST &&
	       strspn(verifier, unreserved) == length;
}

bool pkce_proved(struct arena *a, const char *challenge, const char *verifier)
{
	if (!challenge || !verifier || !is_verifier(verifier))
		return false;
	return hash_same_text(hash_text(a, verifier), challenge);
}
