/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorize.c: the authorization endpoint (OpenID Connect Core 3.1.2): checks
 * the request and creates an auth transaction.  Until client_id and
 * redirect_uri are validated, an error is shown as a page; after that it is an
 * authorization error response to the client (RFC 6749 4.1.2.1). */
#include "idp/oidc/oidc.h"

#include <string.h>

#include "idp/oidc/asked.h"
#include "idp/oidc/hint.h"
#include "idp/oidc/pkce.h"
#include "idp/oidc/redirect.h"
#include "idp/oidc/refusal.h"
#include "idp/oidc/reply.h"
#include "idp/oidc/scope.h"
#include "idp/oidc/wish.h"
#include "idp/page/page.h"
#include "lib/text.h"

enum { NONCE_MOST = 512, HINT_MOST = 256, MOST_AGE = 1000000000 };

/* An authorization request and the auth transaction built from it. */
struct asking {
	struct visit *visit;
	struct ticket *ticket;
	struct reply_to to;
	const char *sub; /* of the claims parameter; NULL: any */
};

static const char *word(const struct asking *k, const char *name)
{
	return request_word(k->visit->request, name);
}

static bool refuse_asking(const struct asking *k, const char *error,
                          const char *description)
{
	reply_error(k->visit, &k->to, error, description);
	return false;
}

static bool refuse_by_page(struct visit *v, const char *reason)
{
	page_refused(v, reason, NULL, NULL);
	return false;
}

/* ---- before the redirect_uri is validated ---- */

static const char *const once[] = {
	"client_id",     "redirect_uri",   "response_type",
	"response_mode", "scope",          "state",
	"nonce",         "prompt",         "max_age",
	"acr_values",    "ui_locales",     "login_hint",
	"id_token_hint", "claims",         "request",
	"request_uri",   "code_challenge", "code_challenge_method",
	"registration",  "display",        "claims_locales",
};

static bool is_said_once(const struct request *r)
{
	for (size_t i = 0; i < LENGTH(once); i++)
		if (request_twice(r, once[i]))
			return false;
	return true;
}

static bool find_client(struct asking *k)
{
	struct visit *v = k->visit;
	const char *id = word(k, "client_id"), *state = word(k, "state");
	const struct service *s =
	    id ? region_client(v->region, v->issuer, id) : NULL;

	if (!s || !s->oidc)
		return refuse_by_page(v, "unknown-service");
	if (!redirect_allowed(s->oidc, word(k, "redirect_uri")))
		return refuse_by_page(v, "unknown-address");
	/* It is returned unchanged, and the length of a URL is limited. */
	if (state && strlen(state) > STATE_MOST)
		return refuse_by_page(v, "bad-request");
	k->ticket->issuer = v->issuer;
	k->ticket->service = s;
	k->to = (struct reply_to){
		.issuer = v->issuer,
		.redirect = word(k, "redirect_uri"),
		.state = state,
	};
	return true;
}

/* ---- after that ---- */

/* Core 3.1.2.6: unsupported parameters are an error, never ignored: a request
 * object may contradict the parameters beside it. */
static bool check_unsupported(struct asking *k)
{
	if (word(k, "request"))
		return refuse_asking(k, "request_not_supported", NULL);
	if (word(k, "request_uri"))
		return refuse_asking(k, "request_uri_not_supported", NULL);
	if (word(k, "registration"))
		return refuse_asking(k, "registration_not_supported", NULL);
	return true;
}

static bool check_response(struct asking *k)
{
	const char *type = word(k, "response_type");
	const char *mode = word(k, "response_mode");

	if (!type)
		return refuse_asking(k, INVALID_REQUEST,
		                     "response_type is missing");
	if (!text_equal(type, "code"))
		return refuse_asking(k, "unsupported_response_type",
		                     "response_type is code");
	if (mode && !text_equal(mode, "query"))
		return refuse_asking(k, INVALID_REQUEST,
		                     "response_mode is query");
	return true;
}

static bool check_scope(struct asking *k)
{
	const char *scope = word(k, "scope");

	if (!scope_is_clean(scope) || !scope_has(scope, "openid"))
		return refuse_asking(k, INVALID_SCOPE,
		                     "scope must have openid in it");
	js_put(k->ticket->request, "scope",
	       scope_known(k->visit->arena, scope));
	return true;
}

/* RFC 9700 2.1.1: PKCE is required of every client, and only S256. */
static bool check_pkce(struct asking *k)
{
	const char *challenge = word(k, "code_challenge");

	if (!pkce_is_challenge(k->visit->arena, challenge,
	                       word(k, "code_challenge_method")))
		return refuse_asking(k, INVALID_REQUEST,
		                     "code_challenge by S256 is required");
	js_put(k->ticket->request, "challenge", challenge);
	return true;
}

static bool check_nonce(struct asking *k)
{
	const char *nonce = word(k, "nonce");

	if (nonce && strlen(nonce) > NONCE_MOST)
		return refuse_asking(k, INVALID_REQUEST, "nonce is too long");
	js_put(k->ticket->request, "nonce", nonce);
	return true;
}

static bool check_prompt(struct asking *k)
{
	size_t count;
	char **words =
	    text_split(k->visit->arena, word(k, "prompt"), " ", &count);

	for (char **w = words; *w; w++) {
		if (text_equal(*w, "none"))
			k->ticket->no_pages = true;
		else if (text_equal(*w, "login"))
			k->ticket->ask_again = true;
		else if (!text_equal(*w, "consent") &&
		         !text_equal(*w, "select_account"))
			return refuse_asking(k, INVALID_REQUEST,
			                     "prompt is unknown");
	}
	if (k->ticket->no_pages && count > 1)
		return refuse_asking(k, INVALID_REQUEST,
		                     "prompt none stands alone");
	return true;
}

static bool check_max_age(struct asking *k)
{
	const char *age = word(k, "max_age");
	long long seconds = -1;

	if (age && !text_to_number(age, 0, MOST_AGE, &seconds))
		return refuse_asking(k, INVALID_REQUEST,
		                     "max_age is a number of seconds");
	k->ticket->max_age = seconds;
	/* Core 3.1.2.1: 0 is equivalent to prompt=login. */
	if (seconds == 0)
		k->ticket->ask_again = true;
	return true;
}

static bool check_claims(struct asking *k)
{
	const char *claims = word(k, "claims");
	struct asked asked = { 0 };

	if (claims && !asked_read(k->visit->arena, claims, &asked, NULL))
		return refuse_asking(k, INVALID_REQUEST,
		                     "claims is not well-formed");
	if (asked.userinfo)
		(void)json_object_set(k->ticket->request, "userinfo",
		                      asked.userinfo);
	if (asked.in_token)
		(void)json_object_set(k->ticket->request, "in_token",
		                      asked.in_token);
	k->sub = asked.sub;
	k->ticket->acr = wish_acr(asked.acr);
	return true;
}

static bool check_wishes(struct asking *k)
{
	const char *hint = word(k, "login_hint");
	const char *acr = word(k, "acr_values");

	if (acr)
		k->ticket->acr = wish_acr(acr);
	if (hint && strlen(hint) <= HINT_MOST)
		k->ticket->hint = hint;
	k->ticket->language = wish_language(k->visit->arena, k->visit->region,
	                                    word(k, "ui_locales"));
	return true;
}

/* Core 3.1.2.1: login_required unless the person of the hint logs in. */
static bool check_hint(struct asking *k)
{
	const char *token = word(k, "id_token_hint");
	struct hint hint = { 0 };
	struct fault why = { 0 };

	if (token && !hint_read(k->visit, token, &hint, &why))
		return refuse_asking(
		    k, why.kind == FAULT_UNAVAILABLE ? AWAY : "login_required",
		    "id_token_hint is not one of ours");
	if (token && hint.service != k->ticket->service)
		return refuse_asking(k, "login_required",
		                     "id_token_hint is another client's");
	if (k->sub && hint.sub && !text_equal(k->sub, hint.sub))
		return refuse_asking(k, "login_required", "two people");
	js_put(k->ticket->request, "sub", hint.sub ? hint.sub : k->sub);
	return true;
}

static bool (*const checks[])(struct asking *k) = {
	check_unsupported, check_response, check_scope,   check_pkce,
	check_nonce,       check_prompt,   check_max_age, check_claims,
	check_wishes,      check_hint,
};

static bool check(struct asking *k)
{
	for (size_t i = 0; i < LENGTH(checks); i++)
		if (!checks[i](k))
			return false;
	js_put(k->ticket->request, "redirect", k->to.redirect);
	js_put(k->ticket->request, "state", k->to.state);
	return true;
}

void oidc_authorize(struct visit *v)
{
	struct ticket *t = arena_new(v->arena, struct ticket);
	struct asking k = { .visit = v, .ticket = t };

	t->front = "oidc";
	t->request = js_keep(v->arena, json_object());
	if (!(v->request->method & (METHOD_GET | METHOD_POST)))
		(void)refuse_by_page(v, "wrong-method");
	else if (!v->issuer)
		(void)refuse_by_page(v, "not-found");
	else if (!is_said_once(v->request))
		(void)refuse_by_page(v, "bad-request");
	else if (find_client(&k) && check(&k))
		login_enter(v, t);
}
