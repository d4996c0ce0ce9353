/* SPDX-License-Identifier: AGPL-3.0-or-later
 * token_endpoint.c: the token endpoint (RFC 6749 3.2, OpenID Connect Core
 * 3.1.3).  A code or refresh token is consumed and its new tokens are stored
 * in one atomic operation: of two concurrent requests one succeeds, and a
 * crash costs a new login at most. */
#include "idp/oidc/oidc.h"

#include "idp/oidc/access.h"
#include "idp/oidc/client.h"
#include "idp/oidc/code.h"
#include "idp/oidc/id_token.h"
#include "idp/oidc/pkce.h"
#include "idp/oidc/refresh.h"
#include "idp/oidc/refusal.h"
#include "idp/oidc/scope.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"

/* The tokens of a successful response (RFC 6749 5.1). */
struct given {
	const struct grant *grant;
	struct fresh access;
	char *refresh; /* or NULL */
	char *id_token;
};

static void answer_given(struct visit *v, const struct given *t)
{
	json_t *body = js_keep(v->arena, json_object());

	js_put(body, "access_token", t->access.token);
	js_put(body, "token_type", "Bearer");
	(void)json_object_set_new(body, "expires_in",
	                          json_integer(ACCESS_LIFE));
	js_put(body, "refresh_token", t->refresh);
	js_put(body, "id_token", t->id_token);
	js_put(body, "scope", t->grant->scope);
	answer_json(v->answer, 200, body);
}

/* ---- authorization_code ---- */

/* RFC 6749 4.1.2: a reused code may be stolen; revokes its tokens. */
static bool refuse_second_use(struct visit *v, const struct service *s,
                              const struct code *c)
{
	struct fault why = { 0 };

	log_warn("code used twice", "service", s->name, NULL);
	if (c->access && !access_drop(v, c->access, &why))
		return refuse_away(v, &why);
	if (c->family && !refresh_end(v, c->family, &why))
		return refuse_away(v, &why);
	return oidc_refuse(v, INVALID_GRANT, "the code has been used");
}

static const char *why_not_this_code(struct visit *v, const struct service *s,
                                     const struct code *c)
{
	const char *verifier = request_form(v->request, "code_verifier");

	if (!grant_is_for(v, c->grant, s))
		return "the code is another client's";
	if (!text_equal(c->redirect, request_form(v->request, "redirect_uri")))
		return "redirect_uri is not the one the code was sent to";
	if (!pkce_proved(v->arena, c->challenge, verifier))
		return "code_verifier is not the one that was promised";
	return NULL;
}

/* A mismatch invalidates the code: no second attempt. */
static bool check_code(struct visit *v, const struct service *s,
                       const char *code, const struct code *c)
{
	const char *wrong = why_not_this_code(v, s, c);
	struct fault why = { 0 };

	if (wrong) {
		log_warn("code refused", "service", s->name, "why", wrong,
		         NULL);
		return code_burn(v, code, &why)
		           ? oidc_refuse(v, INVALID_GRANT, wrong)
		           : refuse_away(v, &why);
	}
	return c->grant->lives ||
	       oidc_refuse(v, INVALID_GRANT, "the session has ended");
}

/* A concurrent request redeemed the code: its tokens are revoked. */
static bool lose_the_race(struct visit *v, const struct service *s,
                          const char *code)
{
	struct fault why = { 0 };
	struct code *now;

	if (!code_find(v, code, &now, &why))
		return refuse_away(v, &why);
	if (now && !now->grant)
		return refuse_second_use(v, s, now);
	return oidc_refuse(v, INVALID_GRANT, "the code has been used");
}

static bool use_code(struct visit *v, const struct service *s, const char *code,
                     const struct code *c)
{
	struct given t = { .grant = c->grant };
	struct fresh family;
	struct fault why = { 0 };
	struct store_along along;
	bool used;

	t.access = access_make(v, c->grant);
	along = id_token_along(v, s, c->grant, c->nonce, t.access.token);
	if (s->oidc->refresh && refresh_may_begin(v, c->grant)) {
		family = refresh_make(v, c->grant, &t.access);
		t.refresh = family.token;
	}
	if (!code_use(v, code, c, &t.access, t.refresh ? &family : NULL, &along,
	              &used, &why))
		return refuse_away(v, &why);
	if (!used)
		return lose_the_race(v, s, code);
	t.id_token = along.token;
	answer_given(v, &t);
	return true;
}

static bool by_code(struct visit *v, const struct service *s)
{
	const char *code = request_form(v->request, "code");
	struct fault why = { 0 };
	struct code *c;

	if (!code || !*code)
		return oidc_refuse(v, INVALID_REQUEST, "code is missing");
	if (!code_find(v, code, &c, &why))
		return refuse_away(v, &why);
	if (!c)
		return oidc_refuse(v, INVALID_GRANT,
		                   "the code is unknown or too old");
	if (!c->grant)
		return refuse_second_use(v, s, c);
	return check_code(v, s, code, c) && use_code(v, s, code, c);
}

/* ---- refresh_token ---- */

static bool refuse_reused_refresh(struct visit *v, const struct family *f)
{
	struct fault why = { 0 };

	log_warn("refresh token used twice", "service", f->grant->service,
	         "person", f->grant->person ? f->grant->person : "", NULL);
	if (!refresh_end(v, refresh_hash(v->arena, f), &why))
		return refuse_away(v, &why);
	return oidc_refuse(v, INVALID_GRANT, "the refresh token has been used");
}

static bool check_family(struct visit *v, const struct service *s,
                         const struct family *f)
{
	const char *scope = request_form(v->request, "scope");

	if (!f || !grant_is_for(v, f->grant, s) || f->until <= clock_now())
		return oidc_refuse(v, INVALID_GRANT,
		                   "the refresh token is unknown or too old");
	if (!f->is_current)
		return refuse_reused_refresh(v, f);
	/* RFC 6749 6: no scope beyond the granted one; a subset is accepted,
	 * but the tokens keep the granted scope. */
	if (scope && (!scope_is_clean(scope) ||
	              !scope_within(v->arena, scope, f->grant->scope)))
		return oidc_refuse(v, INVALID_SCOPE, "more than was granted");
	return f->grant->lives ||
	       oidc_refuse(v, INVALID_GRANT, "the session has ended");
}

static bool by_refresh(struct visit *v, const struct service *s)
{
	const char *token = request_form(v->request, "refresh_token");
	struct fault why = { 0 };
	struct family *f;
	bool done;

	if (!s->oidc->refresh)
		return oidc_refuse(v, UNAUTHORIZED_CLIENT,
		                   "not for this client");
	if (!token || !*token)
		return oidc_refuse(v, INVALID_REQUEST,
		                   "refresh_token is missing");
	if (!refresh_find(v, token, &f, &why))
		return refuse_away(v, &why);
	if (!check_family(v, s, f))
		return false;
	struct given t = {
		.grant = f->grant,
		.access = access_make(v, f->grant),
	};
	struct store_along along =
	    id_token_along(v, s, f->grant, NULL, t.access.token);

	if (!refresh_rotate(v, f, &t.access, &along, &t.refresh, &done, &why))
		return refuse_away(v, &why);
	if (!done)
		return refuse_reused_refresh(v, f);
	t.id_token = along.token;
	answer_given(v, &t);
	return true;
}

/* ---- client_credentials ---- */

static bool by_client(struct visit *v, const struct service *s)
{
	const char *scope = request_form(v->request, "scope");
	struct fault why = { 0 };

	if (!s->oidc->client_credentials || s->oidc->public_client)
		return oidc_refuse(v, UNAUTHORIZED_CLIENT,
		                   "not for this client");
	if (scope && !scope_is_clean(scope))
		return oidc_refuse(v, INVALID_SCOPE,
		                   "scope is not well-formed");
	const struct grant g = {
		.issuer = v->issuer->name,
		.service = s->name,
		.client = s->oidc->id,
		.sub = s->oidc->id,
		.scope = scope_known(v->arena, scope),
		.at = clock_now(),
	};
	struct given t = { .grant = &g, .access = access_make(v, &g) };

	if (!access_keep(v, &t.access, &why))
		return refuse_away(v, &why);
	answer_given(v, &t);
	return true;
}

static const struct {
	const char *type;
	bool (*give)(struct visit *v, const struct service *s);
} grants[] = {
	{ "authorization_code", by_code },
	{ "refresh_token", by_refresh },
	{ "client_credentials", by_client },
};

void oidc_token(struct visit *v)
{
	const char *type = request_form(v->request, "grant_type");
	const struct service *s;

	if (!refuse_other_forms(v) || !client_find_proved(v, &s))
		return;
	for (size_t i = 0; i < LENGTH(grants); i++) {
		if (text_equal(grants[i].type, type)) {
			(void)grants[i].give(v, s);
			return;
		}
	}
	(void)oidc_refuse(v, type ? UNSUPPORTED_GRANT_TYPE : INVALID_REQUEST,
	                  type ? "not a grant we know"
	                       : "grant_type is missing");
}
