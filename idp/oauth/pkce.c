/* SPDX-License-Identifier: AGPL-3.0-or-later
 * pkce.c: Proof Key for Code Exchange (RFC 7636), S256 only. */
#include "idp/oauth/pkce.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/strbuf.h"

/* RFC 7636 4.1. */
enum { PKCE_VERIFIER_MIN = 43, PKCE_VERIFIER_MAX = 128 };

bool pkce_challenge_is_valid(struct arena *a, const char *challenge,
                             const char *method)
{
	unsigned char *digest;
	size_t length;

	if (!text_equal(method, "S256") || !challenge)
		return false;
	if (!base64url_decode(a, challenge, strlen(challenge), &digest,
	                      &length))
		return false;
	return length == HASH_SHA256_SIZE;
}

static bool pkce_verifier_is_valid(const char *verifier)
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-._~";
	size_t length = strlen(verifier);

	return length >= PKCE_VERIFIER_MIN && length <= PKCE_VERIFIER_MAX &&
	       strspn(verifier, unreserved) == length;
}

bool pkce_verify(struct arena *a, const char *challenge, const char *verifier)
{
	if (!challenge || !verifier || !pkce_verifier_is_valid(verifier))
		return false;
	return hash_equal_strings(hash_sha256_base64url(a, verifier),
	                          challenge);
}
