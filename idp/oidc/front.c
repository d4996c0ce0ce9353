/* SPDX-License-Identifier: AGPL-3.0-or-later
 * oidc_protocol.c: ends an auth transaction of an OpenID Connect client: an
 * authorization code, or an error response (Core 3.1.2.5 and 3.1.2.6). */
#include "idp/oidc/oidc.h"

#include "idp/oidc/claims.h"
#include "idp/oidc/code.h"
#include "idp/oidc/logout.h"
#include "idp/oidc/reply.h"
#include "idp/oidc/sign.h"
#include "lib/clock.h"
#include "lib/text.h"

static struct reply_to reply_to(const struct ticket *t)
{
	return (struct reply_to){
		.issuer = t->issuer,
		.redirect = js_string(t->request, "redirect"),
		.state = js_string(t->request, "state"),
	};
}

static const struct {
	const char *error, *description;
} refusals[] = {
	[FRONT_DENIED] = { "access_denied", "not for this person" },
	[FRONT_LOGIN_REQUIRED] = { "login_required", NULL },
	[FRONT_CHOICE_REQUIRED] = { "interaction_required", NULL },
	[FRONT_ACR_UNMET] = { "unmet_authentication_requirements", NULL },
	[FRONT_AWAY] = { "temporarily_unavailable", NULL },
};

static bool refuse_login(struct visit *v, const struct ticket *t,
                         enum front_refusal how, struct fault *why)
{
	const struct reply_to to = reply_to(t);

	if (!to.redirect || (size_t)how >= LENGTH(refusals))
		return fault(why, FAULT_INVALID, "the ticket leads nowhere");
	reply_error(v, &to, refusals[how].error, refusals[how].description);
	return true;
}

static struct grant *grant_of(struct visit *v, const struct ticket *t,
                              const struct entry *e, const char *sub)
{
	const struct told_about about = { v->region, e->service, e->person,
		                          e->affiliation };
	const char *scope = js_string(t->request, "scope");
	struct grant *g = arena_new(v->arena, struct grant);

	*g = (struct grant){
		.issuer = e->issuer->name,
		.service = e->service->name,
		.client = e->service->oidc->id,
		.sub = sub,
		.scope = scope,
		.sid = e->sid,
		.person = e->person->id,
		.affiliation = e->affiliation->id,
		.municipality = e->affiliation->municipality,
		.acr = e->acr,
		.method = e->method,
		.at = clock_now(),
		.proved_at = e->proved_at,
		.claims = claims_of(v->arena, &about, scope,
		                    js_array(t->request, "userinfo")),
		.in_token = claims_of(v->arena, &about, "",
		                      js_array(t->request, "in_token")),
	};
	return g;
}

static bool finish(struct visit *v, const struct ticket *t,
                   const struct entry *e, struct part *ret_part,
                   struct fault *why)
{
	const struct reply_to to = reply_to(t);
	const char *wanted = js_string(t->request, "sub");
	char *code, *sub;

	if (!to.redirect || !e->service->oidc)
		return fault(why, FAULT_INVALID, "the ticket leads nowhere");
	if (!sign_subject(v, e->service, e->person, e->affiliation, &sub, why))
		return false;
	/* Core 3.1.2.2 and 5.5.1: no positive response about another person
	 * than the requested sub. */
	if (wanted && !text_equal(wanted, sub))
		return refuse_login(v, t, FRONT_LOGIN_REQUIRED, why);
	const struct code what = {
		.grant = grant_of(v, t, e, sub),
		.redirect = to.redirect,
		.challenge = js_string(t->request, "challenge"),
		.nonce = js_string(t->request, "nonce"),
	};

	if (!code_give(v, &what, &code, why))
		return false;
	ret_part->name_id = sub;
	reply_code(v, &to, code);
	return true;
}

const struct front oidc_front = {
	.name = "oidc",
	.finish = finish,
	.refuse = refuse_login,
	.tell = logout_tell,
	.left = logout_left,
};
