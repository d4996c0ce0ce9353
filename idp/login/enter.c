/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_flow.c: the state machine of a login.  Each function either continues
 * with the next step or fills the response. */
#include "idp/login/step.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "region/receipt.h"

static const struct {
	const char *acr;
	int rank;
} ranks[] = {
	{ "idporten-loa-low", 1 },
	{ "idporten-loa-substantial", 2 },
	{ "https://refeds.org/profile/mfa", 2 },
	{ "idporten-loa-high", 3 },
};

enum { RANK_OF_PASSWORD = 1 };

int enter_acr_rank(const char *acr)
{
	for (size_t i = 0; i < LENGTH(ranks); i++)
		if (text_equal(ranks[i].acr, acr))
			return ranks[i].rank;
	return 0;
}

static bool is_at_home(const struct visit *v, const struct ticket *t)
{
	return !t->issuer || text_equal(t->issuer->host, v->region->login_host);
}

void enter_lead_to(struct visit *v, struct ticket *t, const char *path)
{
	struct fault why = { 0 };

	if (!ticket_save(v, t, &why)) {
		page_fault(v, &why);
		return;
	}
	answer_see_other(v->answer, ticket_address(v, t, path));
}

void enter_refuse(struct visit *v, struct ticket *t, enum front_refusal how)
{
	const struct front *front = front_find(v, t->front);
	struct fault why = { 0 };

	if (!is_at_home(v, t) && v->on_login_host) {
		outcome_send_refusal(v, t, how);
		return;
	}
	if (!front || !front->refuse(v, t, how, &why))
		page_fault(v, &why);
}

/* ---- a validated request ------------------------------------------------ */

/* A cross-site POST carries no cookies (SameSite=Lax); after a 303 to ourselves
 * the browser sends them. */
static void come_again(struct visit *v, struct ticket *t)
{
	struct fault why = { 0 };

	if (!ticket_save(v, t, &why)) {
		page_fault(v, &why);
		return;
	}
	if (is_at_home(v, t))
		answer_see_other(v->answer, ticket_address(v, t, "/login"));
	else
		answer_see_other(v->answer,
		                 arena_print(v->arena, "%s/return?t=%s",
		                             t->issuer->url, t->secret));
}

void login_enter(struct visit *v, struct ticket *t)
{
	/* No authentication method that we have reaches this acr. */
	if (enter_acr_rank(t->acr) > RANK_OF_PASSWORD) {
		enter_refuse(v, t, FRONT_ACR_UNMET);
		return;
	}
	if (!t->made)
		t->made = clock_now();
	if (v->request->method == METHOD_POST)
		come_again(v, t);
	else if (v->on_login_host)
		enter_here(v, t);
	else
		enter_lead_to(v, t, "/login");
}

/* ---- on the login host -------------------------------------------------- */

bool enter_is_good(const struct session *s, const struct ticket *t)
{
	if (!s || t->ask_again)
		return false;
	return t->max_age < 0 || clock_now() - s->proved_at <= t->max_age;
}

static bool is_login_page(const struct visit *v)
{
	return text_equal(v->request->path, "/login");
}

static void ask_who(struct visit *v, struct ticket *t)
{
	const struct municipality *m = choice_municipality(v);

	if (!is_login_page(v) || !t->secret || !t->browser) {
		enter_lead_to(v, t, "/login");
		return;
	}
	if (!m && t->issuer)
		m = t->issuer->owner;
	login_show(v, t, m, t->hint, NULL, NULL);
}

void enter_here(struct visit *v, struct ticket *t)
{
	const struct session *s;
	struct fault why = { 0 };

	if (!session_find(v, &s, &why)) {
		if (t->no_pages)
			enter_refuse(v, t, FRONT_AWAY);
		else
			page_fault(v, &why);
		return;
	}
	if (enter_is_good(s, t))
		enter_with(v, t, s, NULL);
	else if (t->no_pages)
		enter_refuse(v, t, FRONT_LOGIN_REQUIRED);
	else
		ask_who(v, t);
}

/* ---- with a session ----------------------------------------------------- */

static struct event event_of(struct visit *v, const struct ticket *t,
                             const struct session *s,
                             const struct affiliation *f)
{
	return (struct event){
		.region = v->region,
		.municipality = f ? f->municipality : NULL,
		.person = s->person->id,
		.affiliation = f ? f->id : NULL,
		.service = t->service ? t->service->name : "portal",
		.issuer = t->issuer ? t->issuer->name : NULL,
		.address = v->request->address,
		.sid = s->sid,
		.acr = s->acr,
		.took_ms = (int)(clock_monotonic_ms() - v->began_ms),
	};
}

static void refuse_page(struct visit *v, struct ticket *t,
                        const struct session *s, const struct candidate *c)
{
	const struct affiliation *f = c ? c->affiliation : NULL;
	const char *reason = c ? c->decision.reason : "no-affiliation";
	struct event e = event_of(v, t, s, f);
	struct fault why = { 0 };
	char *code;

	if (c && c->decision.verdict == STEP_UP)
		reason = "second-factor";
	if (!reason)
		reason = "not-allowed";
	e.reason = reason;
	if (!receipt_refused(v->staff->scribe, v->arena, &e,
	                     c ? &c->decision : NULL, &code, &why))
		code = NULL;
	if (t->no_pages) {
		enter_refuse(v, t, FRONT_DENIED);
		return;
	}
	page_refused(v, reason,
	             f ? region_municipality(v->region, f->municipality) : NULL,
	             code);
}

static bool find_part(struct visit *v, const struct ticket *t,
                      const struct session *s, const struct part **ret,
                      struct fault *why)
{
	*ret = NULL;
	return !t->service ||
	       session_part(v, s, t->issuer->name, t->service->name, ret, why);
}

static void let_in(struct visit *v, struct ticket *t, const struct session *s,
                   const struct candidate *c, const struct part *part)
{
	struct event e = event_of(v, t, s, c->affiliation);
	struct outcome o = { s, c->affiliation, NULL, part };
	struct fault why = { 0 };
	char *code;

	/* No access without an audit event. */
	if (!receipt_entered(v->staff->scribe, v->arena, &e, &c->decision,
	                     t->service ? t->service->receives : NULL, &code,
	                     &why)) {
		if (t->no_pages)
			enter_refuse(v, t, FRONT_AWAY);
		else
			page_fault(v, &why);
		return;
	}
	o.code = code;
	if (is_at_home(v, t))
		outcome_finish(v, t, &o);
	else
		outcome_send(v, t, &o);
}

const struct candidate *enter_pick(const struct ticket *t,
                                   const struct candidates *all,
                                   const struct part *part, const char *as)
{
	if (as)
		return candidates_allowed(all, as);
	if (all->allowed == 1)
		return candidates_allowed(all, NULL);
	if (part && part->affiliation && t->service)
		return candidates_allowed(all, part->affiliation);
	for (size_t i = 0; !t->service && i < all->count; i++)
		if (all->at[i].decision.verdict == ALLOW)
			return &all->at[i];
	return NULL;
}

void enter_with(struct visit *v, struct ticket *t, const struct session *s,
                const char *as)
{
	const struct part *part;
	struct candidates all;
	struct fault why = { 0 };

	if (!candidates_find(v, s, t->service, &all, &why) ||
	    !find_part(v, t, s, &part, &why)) {
		if (t->no_pages)
			enter_refuse(v, t, FRONT_AWAY);
		else
			page_fault(v, &why);
		return;
	}
	const struct candidate *chosen = enter_pick(t, &all, part, as);

	if (chosen)
		let_in(v, t, s, chosen, part);
	else if (all.allowed == 0)
		refuse_page(v, t, s, candidates_refused(&all, s->proved_by));
	else if (t->no_pages)
		enter_refuse(v, t, FRONT_CHOICE_REQUIRED);
	else
		enter_lead_to(v, t, "/as");
}
