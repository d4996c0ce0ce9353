/* SPDX-License-Identifier: AGPL-3.0-or-later
 * token_sign.c: signs JSON Web Tokens (RFC 7519). A compromised web process
 * can request tokens only for a client registered at that issuer, issued now,
 * and with a short lifetime. */
#include <string.h>

#include "idp/signer/authn_check.h"
#include "idp/signer/key_crypto.h"
#include "idp/signer/signer.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

enum { CLOCK_SKEW_S = 60 };

/* One row per use. typ, and the required and forbidden claims, keep one kind of
 * token from being accepted as another (RFC 8725 3.11). */
static const struct token_use {
	const char *typ;
	int64_t max_lifetime_s; /* exp - iat */
	const char *required[3];
	const char *forbidden[3];
} token_uses[] = {
	[TOKEN_KIND_ID] = { "JWT", 3600, { "sub" }, { "events" } },
	[TOKEN_KIND_LOGOUT] = { "logout+jwt",
	                        600,
	                        { "events", "jti" },
	                        { "nonce" } },
};

static bool token_sign_check_required(const json_t *claims,
                                      const char *const names[3],
                                      struct error *err)
{
	for (size_t i = 0; i < 3 && names[i]; i++)
		if (!json_object_get(claims, names[i]))
			return error_set(err, ERROR_REFUSED, "%s is missing",
			                 names[i]);
	return true;
}

static bool token_sign_check_forbidden(const json_t *claims,
                                       const char *const names[3],
                                       struct error *err)
{
	for (size_t i = 0; i < 3 && names[i]; i++)
		if (json_object_get(claims, names[i]))
			return error_set(err, ERROR_REFUSED,
			                 "%s is not allowed", names[i]);
	return true;
}

static bool token_sign_check_times(const json_t *claims,
                                   const struct token_use *use,
                                   struct error *err)
{
	const long long iat = js_number(claims, "iat", -1);
	const long long exp = js_number(claims, "exp", -1);
	const int64_t now = clock_now();

	if (iat < now - CLOCK_SKEW_S || iat > now + CLOCK_SKEW_S)
		return error_set(err, ERROR_REFUSED,
		                 "iat is outside the allowed clock skew");
	if (exp <= iat || exp - iat > use->max_lifetime_s)
		return error_set(err, ERROR_REFUSED,
		                 "exp is not within %lld s of iat",
		                 (long long)use->max_lifetime_s);
	return true;
}

static bool token_sign_check_claims(const struct ipc_request *req,
                                    const struct issuer *i,
                                    const struct token_use *use,
                                    const char *alg, const json_t *claims,
                                    struct error *err)
{
	const char *audience = js_string(claims, "aud");
	const char *azp = js_string(claims, "azp");

	if (!text_equal(js_string(claims, "iss"), i->url))
		return error_set(err, ERROR_REFUSED,
		                 "iss is not the URL of the issuer");
	if (!audience)
		return error_set(err, ERROR_REFUSED,
		                 "aud is not a single client_id");
	const struct service *s =
	    config_service_by_client_id(req->cfg, i, audience);

	if (!s || !s->oidc)
		return error_set(err, ERROR_REFUSED,
		                 "aud is not a client of this issuer");
	if (json_object_get(claims, "azp") && !text_equal(azp, audience))
		return error_set(err, ERROR_REFUSED, "azp differs from aud");
	if (!text_equal(s->oidc->id_token_signed_response_alg
	                    ? s->oidc->id_token_signed_response_alg
	                    : "RS256",
	                alg))
		return error_set(
		    err, ERROR_REFUSED,
		    "alg is not id-token-signed-response-alg of the client");
	return token_sign_check_required(claims, use->required, err) &&
	       token_sign_check_forbidden(claims, use->forbidden, err) &&
	       token_sign_check_times(claims, use, err) &&
	       authn_claims_check(req->cfg, claims, clock_now(), err);
}

static void jws_append_part(struct arena *a, struct strbuf *token,
                            const char *text)
{
	strbuf_append(token, base64url_encode(a, text, strlen(text)));
}

bool jws_sign_compact(struct arena *a, const struct key *k, const char *typ,
                      bool with_jwk, const json_t *claims, char **ret_token,
                      struct error *err)
{
	struct strbuf token = strbuf_init(a);
	unsigned char *signature;
	size_t length;

	jws_append_part(a, &token,
	                arena_printf(a,
	                             "{\"alg\":\"%s\",%s%s%s\"kid\":\"%s\","
	                             "\"typ\":\"%s\"}",
	                             k->alg, with_jwk ? "\"jwk\":" : "",
	                             with_jwk ? k->jwk : "",
	                             with_jwk ? "," : "", k->kid, typ));
	strbuf_append(&token, ".");
	jws_append_part(a, &token, js_dump(a, claims));
	if (!key_sign(a, k, token.data, token.length, &signature, &length, err))
		return false;
	strbuf_append(&token, ".");
	strbuf_append(&token, base64url_encode(a, signature, length));
	*ret_token = token.data;
	return true;
}

bool handle_sign_token(const struct ipc_request *req,
                       const struct sign_token_request *request,
                       struct sign_token_reply *reply, struct error *err)
{
	const struct token_use *use = &token_uses[request->use];
	const json_t *claims = request->claims;
	const struct issuer *i;
	const struct key *k;
	char *token;

	if (!request_issuer(req, request->issuer, &i, err) ||
	    !token_sign_check_claims(req, i, use, request->alg, claims, err) ||
	    !keys_active(i->name, USE_OIDC, request->alg, clock_now(), &k,
	                 err) ||
	    !jws_sign_compact(req->arena, k, use->typ, false, claims, &token,
	                      err))
		return false;
	if (!signing_log_append(arena_printf(req->arena, "token:%s",
	                                     token_kind_name(request->use)),
	                        i->url, js_string(claims, "aud"), k->kid, err))
		return false;
	reply->token = token;
	return true;
}
