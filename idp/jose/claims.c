/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwt_claims.c: verifies client assertions (private_key_jwt, RFC 7523 3) and
 * ID tokens received as id_token_hint (OpenID Connect Core 3.1.2.1): the
 * signature, then the claims.  Every error is INVALID. */
#include <string.h>

#include "idp/jose/gate.h"
#include "idp/jose/verify.h"
#include "lib/base64.h"
#include "lib/text.h"

enum { SKEW = 60, ASSERTION_LONGEST = 300, MOST_AUDIENCES = 8, JTI_MOST = 256 };

/* Algorithms accepted from clients; FAPI requires PS256 or ES256. */
static const char *const client_algs[] = { "RS256", "PS256", "ES256", "ES384",
	                                   NULL };
/* The algorithms that the signer uses. */
static const char *const our_algs[] = { "RS256", "ES256", NULL };

static const char *const assertion_types[] = { "", "jwt",
	                                       "client-authentication+jwt",
	                                       NULL };
static const char *const id_types[] = { "jwt", NULL };

static bool refuse(struct fault *why, const char *what)
{
	return fault(why, FAULT_INVALID, "token: %s", what);
}

static bool is_listed(const char *const *list, const char *name)
{
	for (; name && *list; list++)
		if (text_equal(*list, name))
			return true;
	return false;
}

/* RFC 7519 4.1.3: aud is a string or an array of strings; returns whether one
 * of them is in audiences.  Longer arrays than AUDIENCES_MAX are rejected. */
static bool is_for_us(const json_t *aud, const char *const *audiences)
{
	const json_t *one;
	bool found = false;
	size_t i;

	if (json_is_string(aud))
		return is_listed(audiences, json_string_value(aud));
	if (json_array_size(aud) > MOST_AUDIENCES)
		return false;
	json_array_foreach(aud, i, one)
	{
		if (!json_is_string(one))
			return false;
		if (is_listed(audiences, json_string_value(one)))
			found = true;
	}
	return found;
}

/* Integer values only.  exp is bounded before anything is computed from it,
 * so no sum can overflow. */
static bool assertion_times(const json_t *claims, int64_t now, int64_t *ret_exp,
                            struct fault *why)
{
	const json_t *nbf = json_object_get(claims, "nbf");
	const json_t *iat = json_object_get(claims, "iat");
	const long long exp = js_number(claims, "exp", -1);

	if (exp <= now || exp > now + ASSERTION_LONGEST + SKEW)
		return refuse(why, "exp is over, missing or too far away");
	if (nbf &&
	    (!json_is_integer(nbf) || json_integer_value(nbf) > now + SKEW))
		return refuse(why, "nbf is not yet");
	if (iat &&
	    (!json_is_integer(iat) || json_integer_value(iat) > now + SKEW ||
	     json_integer_value(iat) < exp - ASSERTION_LONGEST))
		return refuse(why, "iat is ahead, or too long before exp");
	*ret_exp = exp;
	return true;
}

bool jose_client_assertion(struct arena *a, const char *token,
                           const struct keyset *keys, const char *client_id,
                           const char *const *audiences, int64_t now,
                           const char **ret_jti, int64_t *ret_exp,
                           struct fault *why)
{
	json_t *claims;
	int64_t exp;

	if (!jose_verify(a, token, keys, client_algs, assertion_types, &claims,
	                 why))
		return false;
	if (!text_equal(js_string(claims, "iss"), client_id) ||
	    !text_equal(js_string(claims, "sub"), client_id))
		return refuse(why, "iss and sub are not the client");
	if (!is_for_us(json_object_get(claims, "aud"), audiences))
		return refuse(why, "aud is not us");
	const char *jti = js_string(claims, "jti");

	if (!jti || !*jti || strlen(jti) > JTI_MOST)
		return refuse(why, "jti is missing or too long");
	if (!assertion_times(claims, now, &exp, why))
		return false;
	*ret_jti = jti;
	*ret_exp = exp;
	return true;
}

const char *jose_claimed_client(struct arena *a, const char *token)
{
	struct gate_token t;
	unsigned char *payload;
	size_t length;
	json_t *claims;
	const char *client;

	if (!gate_token(a, token, client_algs, &t, NULL) ||
	    !base64url_read(a, t.payload, strlen(t.payload), &payload,
	                    &length) ||
	    !js_read(a, (const char *)payload, length, &claims, NULL))
		return NULL;
	client = js_string(claims, "sub");
	return client && text_equal(client, js_string(claims, "iss")) ? client
	                                                              : NULL;
}

bool jose_hint(struct arena *a, const char *token, const struct keyset *ours,
               const char *issuer, json_t **ret_claims, struct fault *why)
{
	json_t *claims;

	if (!jose_verify(a, token, ours, our_algs, id_types, &claims, why))
		return false;
	if (!text_equal(js_string(claims, "iss"), issuer))
		return refuse(why, "iss is another issuer");
	if (!js_string(claims, "sub") || !js_string(claims, "aud"))
		return refuse(why, "sub or aud is missing");
	/* A logout token has events; every ID token has exp (Core 2). */
	if (js_number(claims, "exp", -1) < 0 ||
	    json_object_get(claims, "events"))
		return refuse(why, "not an ID token");
	*ret_claims = claims;
	return true;
}
