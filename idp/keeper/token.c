/* SPDX-License-Identifier: AGPL-3.0-or-later
 * token_sign.c: signs JSON Web Tokens (RFC 7519). A compromised web process
 * can request tokens only for a client registered at that issuer, issued now,
 * and with a short lifetime. */
#include <string.h>

#include "idp/keeper/keeper.h"
#include "idp/keeper/make.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/text.h"

enum { SKEW = 60 };

/* One row per use. typ, and the required and forbidden claims, keep one kind of
 * token from being accepted as another (RFC 8725 3.11). */
static const struct token_use {
	const char *name;
	const char *typ;
	int64_t longest; /* exp - iat */
	const char *must[3];
	const char *must_not[3];
} uses[] = {
	{ "id", "JWT", 3600, { "sub" }, { "events" } },
	{ "logout", "logout+jwt", 600, { "events", "jti" }, { "nonce" } },
};

static const struct token_use *find_use(const char *name)
{
	for (size_t i = 0; i < LENGTH(uses); i++)
		if (text_equal(uses[i].name, name))
			return &uses[i];
	return NULL;
}

static bool has_all(const json_t *claims, const char *const names[3],
                    struct fault *why)
{
	for (size_t i = 0; i < 3 && names[i]; i++)
		if (!json_object_get(claims, names[i]))
			return fault(why, FAULT_REFUSED, "%s is missing",
			             names[i]);
	return true;
}

static bool has_none(const json_t *claims, const char *const names[3],
                     struct fault *why)
{
	for (size_t i = 0; i < 3 && names[i]; i++)
		if (json_object_get(claims, names[i]))
			return fault(why, FAULT_REFUSED, "%s must not be there",
			             names[i]);
	return true;
}

static bool times_are_good(const json_t *claims, const struct token_use *use,
                           struct fault *why)
{
	const long long iat = js_number(claims, "iat", -1);
	const long long exp = js_number(claims, "exp", -1);
	const int64_t now = clock_now();

	if (iat < now - SKEW || iat > now + SKEW)
		return fault(why, FAULT_REFUSED, "iat is not now");
	if (exp <= iat || exp - iat > use->longest)
		return fault(why, FAULT_REFUSED,
		             "exp is not within %lld s of iat",
		             (long long)use->longest);
	return true;
}

static bool claims_are_good(const struct question *q, const struct issuer *i,
                            const struct token_use *use, const char *alg,
                            const json_t *claims, struct fault *why)
{
	const char *audience = js_string(claims, "aud");
	const char *party = js_string(claims, "azp");

	if (!text_equal(js_string(claims, "iss"), i->url))
		return fault(why, FAULT_REFUSED, "iss is not the issuer");
	if (!audience)
		return fault(why, FAULT_REFUSED, "aud is not one client");
	const struct service *s = region_client(q->region, i, audience);

	if (!s || !s->oidc)
		return fault(why, FAULT_REFUSED,
		             "aud is no client of that issuer");
	if (json_object_get(claims, "azp") && !text_equal(party, audience))
		return fault(why, FAULT_REFUSED, "azp is another than aud");
	if (!text_equal(s->oidc->id_token_alg ? s->oidc->id_token_alg : "RS256",
	                alg))
		return fault(why, FAULT_REFUSED,
		             "that client has another algorithm");
	return has_all(claims, use->must, why) &&
	       has_none(claims, use->must_not, why) &&
	       times_are_good(claims, use, why);
}

static void add_part(struct arena *a, struct text *token, const char *text)
{
	text_add(token, base64url_write(a, text, strlen(text)));
}

bool sign_compact(struct arena *a, const struct key *k, const char *typ,
                  bool with_jwk, const json_t *claims, char **ret_token,
                  struct fault *why)
{
	struct text token = text_in(a);
	unsigned char *signature;
	size_t length;

	add_part(a, &token,
	         arena_print(a,
	                     "{\"alg\":\"%s\",%s%s%s\"kid\":\"%s\","
	                     "\"typ\":\"%s\"}",
	                     k->alg, with_jwk ? "\"jwk\":" : "",
	                     with_jwk ? k->jwk : "", with_jwk ? "," : "",
	                     k->kid, typ));
	text_add(&token, ".");
	add_part(a, &token, js_write(a, claims));
	if (!sign_bytes(a, k, token.at, token.length, &signature, &length, why))
		return false;
	text_add(&token, ".");
	text_add(&token, base64url_write(a, signature, length));
	*ret_token = token.at;
	return true;
}

bool answer_sign_token(const struct question *q, json_t **ret_answer,
                       struct fault *why)
{
	const struct token_use *use = find_use(js_string(q->body, "use"));
	const char *alg = js_string(q->body, "alg");
	const json_t *claims = js_object(q->body, "claims");
	const struct issuer *i;
	const struct key *k;
	char *token;

	if (!use || !claims)
		return fault(why, FAULT_INVALID, "use or claims are missing");
	if (!issuer_of(q, &i, why) ||
	    !claims_are_good(q, i, use, alg, claims, why) ||
	    !keys_signing(i->name, USE_OIDC, alg, clock_now(), &k, why) ||
	    !sign_compact(q->arena, k, use->typ, false, claims, &token, why))
		return false;
	if (!issued_note(arena_print(q->arena, "token:%s", use->name), i->url,
	                 js_string(claims, "aud"), k->kid, why))
		return false;
	*ret_answer = js_keep(q->arena, json_pack("{s:s}", "token", token));
	return true;
}
