/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwt_claims.c: verifies client assertions (private_key_jwt, RFC 7523 3) and
 * ID tokens received as id_token_hint (OpenID Connect Core 3.1.2.1): the
 * signature, then the claims.  Every error is INVALID. */
#include <string.h>

#include "idp/jose/jws_precheck.h"
#include "idp/jose/jws_verify.h"
#include "lib/base64.h"
#include "lib/strbuf.h"

enum {
	JWT_MAX_SKEW_S = 60,
	ASSERTION_MAX_LIFETIME_S = 300,
	AUDIENCES_MAX = 8,
	JTI_MAX = 256
};

/* Algorithms accepted from clients; FAPI requires PS256 or ES256. */
static const char *const client_assertion_algs[] = { "RS256", "PS256", "ES256",
	                                             "ES384", NULL };
/* The algorithms that the signer uses. */
static const char *const id_token_algs[] = { "RS256", "ES256", NULL };

static const char *const assertion_types[] = { "", "jwt",
	                                       "client-authentication+jwt",
	                                       NULL };
static const char *const id_token_types[] = { "jwt", NULL };

static bool jwt_claims_error(struct error *err, const char *what)
{
	return error_set(err, ERROR_INVALID, "token: %s", what);
}

static bool jwt_string_is_listed(const char *const *list, const char *name)
{
	for (; name && *list; list++)
		if (text_equal(*list, name))
			return true;
	return false;
}

/* RFC 7519 4.1.3: aud is a string or an array of strings; returns whether one
 * of them is in audiences.  Longer arrays than AUDIENCES_MAX are rejected. */
static bool jwt_audience_matches(const json_t *aud,
                                 const char *const *audiences)
{
	const json_t *value;
	bool found = false;
	size_t i;

	if (json_is_string(aud))
		return jwt_string_is_listed(audiences, json_string_value(aud));
	if (json_array_size(aud) > AUDIENCES_MAX)
		return false;
	json_array_foreach(aud, i, value)
	{
		if (!json_is_string(value))
			return false;
		if (jwt_string_is_listed(audiences, json_string_value(value)))
			found = true;
	}
	return found;
}

/* Integer values only.  exp is bounded before anything is computed from it,
 * so no sum can overflow. */
static bool client_assertion_check_times(const json_t *claims, int64_t now,
                                         int64_t *ret_exp, struct error *err)
{
	const json_t *nbf = json_object_get(claims, "nbf");
	const json_t *iat = json_object_get(claims, "iat");
	const long long exp = js_number(claims, "exp", -1);

	if (exp <= now || exp > now + ASSERTION_MAX_LIFETIME_S + JWT_MAX_SKEW_S)
		return jwt_claims_error(
		    err,
		    "exp is missing, has passed or is too far in the future");
	if (nbf && (!json_is_integer(nbf) ||
	            json_integer_value(nbf) > now + JWT_MAX_SKEW_S))
		return jwt_claims_error(
		    err, "nbf is in the future or not an integer");
	if (iat && (!json_is_integer(iat) ||
	            json_integer_value(iat) > now + JWT_MAX_SKEW_S ||
	            json_integer_value(iat) < exp - ASSERTION_MAX_LIFETIME_S))
		return jwt_claims_error(
		    err, "iat is in the future, or too long before exp");
	*ret_exp = exp;
	return true;
}

bool jwt_verify_client_assertion(struct arena *a, const char *token,
                                 const struct jwks *keys, const char *client_id,
                                 const char *const *audiences, int64_t now,
                                 const char **ret_jti, int64_t *ret_exp,
                                 struct error *err)
{
	json_t *claims;
	int64_t exp = 0;

	if (!jwt_verify(a, token, keys, client_assertion_algs, assertion_types,
	                &claims, err))
		return false;
	if (!text_equal(js_string(claims, "iss"), client_id) ||
	    !text_equal(js_string(claims, "sub"), client_id))
		return jwt_claims_error(err,
		                        "iss and sub are not the client_id");
	if (!jwt_audience_matches(json_object_get(claims, "aud"), audiences))
		return jwt_claims_error(err,
		                        "aud does not contain this issuer");
	const char *jti = js_string(claims, "jti");

	if (!jti || !*jti || strlen(jti) > JTI_MAX)
		return jwt_claims_error(err, "jti is missing or too long");
	if (!client_assertion_check_times(claims, now, &exp, err))
		return false;
	*ret_jti = jti;
	*ret_exp = exp;
	return true;
}

const char *jwt_client_assertion_issuer(struct arena *a, const char *token)
{
	struct jws_parsed parsed;
	unsigned char *payload;
	size_t length;
	json_t *claims;
	const char *client;

	if (!jws_parse_strict(a, token, client_assertion_algs, &parsed, NULL) ||
	    !base64url_decode(a, parsed.payload, strlen(parsed.payload),
	                      &payload, &length) ||
	    !js_parse(a, (const char *)payload, length, &claims, NULL))
		return NULL;
	client = js_string(claims, "sub");
	return client && text_equal(client, js_string(claims, "iss")) ? client
	                                                              : NULL;
}

bool jwt_verify_id_token_hint(struct arena *a, const char *token,
                              const struct jwks *keys, const char *issuer,
                              json_t **ret_claims, struct error *err)
{
	json_t *claims;

	if (!jwt_verify(a, token, keys, id_token_algs, id_token_types, &claims,
	                err))
		return false;
	if (!text_equal(js_string(claims, "iss"), issuer))
		return jwt_claims_error(err, "iss is not this issuer");
	if (!js_string(claims, "sub") || !js_string(claims, "aud"))
		return jwt_claims_error(err, "sub or aud is missing");
	/* A logout token has events; every ID token has exp (Core 2). */
	if (js_number(claims, "exp", -1) < 0 ||
	    json_object_get(claims, "events"))
		return jwt_claims_error(err, "not an ID token");
	*ret_claims = claims;
	return true;
}
