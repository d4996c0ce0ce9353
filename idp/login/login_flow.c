/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_flow.c: the state machine of a login.  Each function either continues
 * with the next step or fills the response. */
#include "idp/login/login_private.h"
#include "idp/logout/previous_person.h"
#include "idp/session/catalogue_staleness.h"
#include "idp/session/login_metrics.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/audit/audit_event.h"

static const struct {
	const char *acr;
	int rank;
} acr_ranks[] = {
	{ "idporten-loa-low", 1 },
	{ "idporten-loa-substantial", 2 },
	{ "https://refeds.org/profile/mfa", 2 },
	{ "idporten-loa-high", 3 },
};

enum { ACR_RANK_PASSWORD = 1 };

int acr_rank(const char *acr)
{
	for (size_t i = 0; i < LENGTH(acr_ranks); i++)
		if (text_equal(acr_ranks[i].acr, acr))
			return acr_ranks[i].rank;
	return 0;
}

/* A service gets an error where it asked for a response without a page. */
static void login_show_error(struct request_context *ctx, struct auth_txn *txn,
                             const struct error *err)
{
	if (txn->is_passive)
		login_send_error(ctx, txn, PROTOCOL_TEMPORARILY_UNAVAILABLE);
	else
		error_page_show(ctx, err);
}

/* ---- a validated request ------------------------------------------------ */

/* A cross-site POST carries no cookies (SameSite=Lax); after a 303 to ourselves
 * the browser sends them. */
static void login_redirect_to_self(struct request_context *ctx,
                                   struct auth_txn *txn)
{
	struct error err = { 0 };

	if (!auth_txn_save(ctx, txn, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (issuer_is_login_host(ctx, txn))
		response_redirect(ctx->response,
		                  auth_txn_url(ctx, txn, "/login"));
	else
		response_redirect(ctx->response,
		                  arena_printf(ctx->arena, "%s/return?t=%s",
		                               txn->issuer->url, txn->secret));
}

void login_start(struct request_context *ctx, struct auth_txn *txn)
{
	/* No authentication method that we have reaches this acr. */
	if (acr_rank(txn->acr) > ACR_RANK_PASSWORD) {
		login_send_error(ctx, txn, PROTOCOL_ACR_NOT_MET);
		return;
	}
	if (!txn->created_at)
		txn->created_at = clock_now();
	if (ctx->request->method == METHOD_POST)
		login_redirect_to_self(ctx, txn);
	else if (ctx->on_login_host)
		login_continue(ctx, txn);
	else
		redirect_to_page(ctx, txn, "/login");
}

/* ---- on the login host -------------------------------------------------- */

bool session_satisfies_request(const struct session *s,
                               const struct auth_txn *txn)
{
	if (!s || txn->force_authn)
		return false;
	return txn->max_age < 0 || clock_now() - s->auth_time <= txn->max_age;
}

static bool is_login_page(const struct request_context *ctx)
{
	return text_equal(ctx->request->path, "/login");
}

static void login_prompt(struct request_context *ctx, struct auth_txn *txn)
{
	const struct municipality *m = preference_municipality(ctx);

	if (!is_login_page(ctx) || !txn->secret || !txn->browser_binding) {
		redirect_to_page(ctx, txn, "/login");
		return;
	}
	if (!m && txn->issuer)
		m = txn->issuer->owner;
	login_form_show(ctx, txn, m, txn->prove ? NULL : txn->login_hint, NULL,
	                NULL, NULL);
}

void login_continue(struct request_context *ctx, struct auth_txn *txn)
{
	const struct session *s;
	struct error err = { 0 };

	if (!session_find(ctx, &s, &err)) {
		login_show_error(ctx, txn, &err);
		return;
	}
	if (session_satisfies_request(s, txn) && !txn->prove)
		login_complete(ctx, txn, s, NULL);
	else if (txn->is_passive)
		login_send_error(ctx, txn, PROTOCOL_LOGIN_REQUIRED);
	else
		login_prompt(ctx, txn);
}

/* ---- with a session ----------------------------------------------------- */

static struct audit_event login_event(struct request_context *ctx,
                                      const struct auth_txn *txn,
                                      const struct session *s,
                                      const struct candidate *c)
{
	const struct affiliation *f = c ? c->affiliation : NULL;

	return (struct audit_event){
		.cfg = ctx->cfg,
		.municipality = f ? f->municipality : NULL,
		.person = s->person->id,
		.affiliation = f ? f->id : NULL,
		.service = txn->service ? txn->service->name : "portal",
		.issuer = txn->issuer ? txn->issuer->name : NULL,
		.address = ctx->request->address,
		.sid = s->sid,
		.acr = s->acr,
		.listener = ctx->request->listener,
		.method = s->method,
		.second_factor = s->second_factor,
		.proof = c ? proof_cover_audit(ctx->arena, &c->by) : NULL,
		.took_ms = (int)(clock_monotonic_ms() - ctx->started_ms),
	};
}

/* passive: the error that a service gets for a request with prompt=none. */
static void login_refuse(struct request_context *ctx, struct auth_txn *txn,
                         const struct session *s, const struct candidate *c,
                         const char *reason, enum protocol_error passive)
{
	const struct affiliation *f = c ? c->affiliation : NULL;
	struct audit_event e = login_event(ctx, txn, s, c);
	struct error err = { 0 };
	char *code;

	e.reason = reason;
	if (!audit_access_denied(ctx->backends->audit, ctx->arena, &e,
	                         c ? &c->decision : NULL, &code, &err))
		code = NULL;
	login_metrics_count(LOGIN_METRIC_DENIED, reason);
	log_event(LOG_LOGIN_DENIED, "receipt", code, "reason", reason,
	          "municipality", e.municipality, "service", e.service, NULL);
	if (txn->is_passive) {
		login_send_error(ctx, txn, passive);
		return;
	}
	const struct policy_decision none = { .verdict = POLICY_DENY };

	error_page_denied(
	    ctx, reason, c ? &c->decision : &none,
	    f ? config_municipality(ctx->cfg, f->municipality) : NULL, code);
}

static void login_deny(struct request_context *ctx, struct auth_txn *txn,
                       const struct session *s, const struct candidate *c)
{
	const char *reason = c ? c->decision.reason : "no-affiliation";

	if (c && c->decision.verdict == POLICY_STEP_UP)
		reason = "second-factor";
	login_refuse(ctx, txn, s, c, reason ?: "not-allowed",
	             PROTOCOL_ACCESS_DENIED);
}

static bool login_find_participant(struct request_context *ctx,
                                   const struct auth_txn *txn,
                                   const struct session *s,
                                   const struct session_participant **ret,
                                   struct error *err)
{
	*ret = NULL;
	return !txn->service ||
	       session_participant_find(ctx, s, txn->issuer->name,
	                                txn->service->name, ret, err);
}

/* A rule that always allows let a person in where the others do not. */
static void login_warn_of_emergency(struct request_context *ctx,
                                    const struct auth_txn *txn,
                                    const struct candidate *c, const char *code)
{
	const struct source_location *at = &c->decision.location;

	if (c->decision.is_break_glass)
		log_event(LOG_LOGIN_EMERGENCY, "receipt", code, "municipality",
		          c->affiliation->municipality, "service",
		          txn->service ? txn->service->name : "portal", "rule",
		          arena_printf(ctx->arena, "%s:%d", at->file, at->line),
		          NULL);
}

static void login_grant(struct request_context *ctx, struct auth_txn *txn,
                        const struct session *s, const struct candidate *c,
                        const struct session_participant *participant)
{
	struct audit_event e = login_event(ctx, txn, s, c);
	struct handoff handoff = { s, c->affiliation, NULL, participant,
		                   c->by.proof->at };
	struct error err = { 0 };
	char *code;

	/* No access without an audit event. */
	if (!audit_access_granted(
		ctx->backends->audit, ctx->arena, &e, &c->decision,
		txn->service ? txn->service->attributes : NULL, &code, &err)) {
		auth_txn_release(ctx, txn);
		login_show_error(ctx, txn, &err);
		return;
	}
	login_metrics_count(LOGIN_METRIC_ENTERED, NULL);
	login_warn_of_emergency(ctx, txn, c, code);
	handoff.receipt_code = code;
	if (issuer_is_login_host(ctx, txn))
		handoff_finish(ctx, txn, &handoff);
	else
		handoff_redirect(ctx, txn, &handoff);
}

/* A service that the session does not use yet needs recent contact with the
 * catalogue. */
static bool login_service_is_blind(
    const struct request_context *ctx, const struct auth_txn *txn,
    const struct session *s, const struct session_participant *participant,
    bool *ret, struct error *err)
{
	*ret = false;
	return !txn->service || participant ||
	       catalogue_is_stale(ctx, s, ret, err);
}

static void login_grant_once(struct request_context *ctx, struct auth_txn *txn,
                             const struct session *s, const struct candidate *c,
                             const struct session_participant *participant)
{
	struct error err = { 0 };
	bool first, blind;

	if (!login_service_is_blind(ctx, txn, s, participant, &blind, &err))
		login_show_error(ctx, txn, &err);
	else if (blind)
		login_refuse(ctx, txn, s, c, "catalogue-stale",
		             PROTOCOL_TEMPORARILY_UNAVAILABLE);
	else if (!auth_txn_use(ctx, txn, &first, &err))
		login_show_error(ctx, txn, &err);
	else if (!first)
		error_page_answered(ctx, txn->service);
	else
		login_grant(ctx, txn, s, c, participant);
}

const struct candidate *select_affiliation(
    const struct auth_txn *txn, const struct candidates *all,
    const struct session_participant *participant, const char *affiliation_id)
{
	if (affiliation_id)
		return candidates_allowed(all, affiliation_id);
	if (all->allowed == 1 &&
	    (!txn->service || txn->is_passive || all->provable_count == 0))
		return candidates_allowed(all, NULL);
	if (participant && participant->affiliation && txn->service)
		return candidates_allowed(all, participant->affiliation);
	for (size_t i = 0; !txn->service && i < all->count; i++)
		if (all->at[i].decision.verdict == POLICY_ALLOW)
			return &all->at[i];
	return NULL;
}

/* The page of the previous person is that of /login, so that it can be loaded
 * again.  The portal has its own. */
static void login_show_previous(struct request_context *ctx,
                                struct auth_txn *txn,
                                const struct previous_person *previous)
{
	if (txn->is_passive)
		login_send_error(ctx, txn, PROTOCOL_INTERACTION_REQUIRED);
	else if (!txn->secret || !is_login_page(ctx) ||
	         ctx->request->method == METHOD_POST)
		redirect_to_page(ctx, txn, "/login");
	else
		previous_person_show(
		    ctx, previous,
		    arena_printf(ctx->arena, "/login?t=%s", txn->secret));
}

bool login_settle_previous(struct request_context *ctx, struct auth_txn *txn,
                           const struct session *s)
{
	struct previous_person previous;
	struct error err = { 0 };
	bool found;

	if (previous_person_find(ctx, s, &previous, &found, &err)) {
		if (found)
			login_show_previous(ctx, txn, &previous);
		return !found;
	}
	login_show_error(ctx, txn, &err);
	return false;
}

void login_complete(struct request_context *ctx, struct auth_txn *txn,
                    const struct session *s, const char *affiliation_id)
{
	const struct session_participant *participant;
	struct candidates all;
	struct error err = { 0 };

	if (!login_settle_previous(ctx, txn, s))
		return;
	if (!candidates_find(ctx, s, txn, &all, &err) ||
	    !login_find_participant(ctx, txn, s, &participant, &err)) {
		login_show_error(ctx, txn, &err);
		return;
	}
	const struct candidate *chosen =
	    select_affiliation(txn, &all, participant, affiliation_id);

	if (chosen)
		login_grant_once(ctx, txn, s, chosen, participant);
	else if (all.allowed == 0 && all.provable_count == 0)
		login_deny(ctx, txn, s,
		           candidates_refused(&all, s->authenticated_by));
	else if (txn->is_passive)
		login_send_error(ctx, txn, PROTOCOL_INTERACTION_REQUIRED);
	else
		redirect_to_page(ctx, txn, "/as");
}

/* Continues with the affiliation that the person logged in to prove, where the
 * page left no doubt about which one it is. */
static void login_complete_proved(struct request_context *ctx,
                                  struct auth_txn *txn, const struct session *s,
                                  const char *proved)
{
	struct candidates all;
	struct error err = { 0 };

	if (!candidates_find(ctx, s, txn, &all, &err))
		error_page_show(ctx, &err);
	else if (text_equal(txn->protocol, "portal") ||
	         !candidates_is_distinct(&all, proved))
		redirect_to_page(ctx, txn, "/as");
	else
		login_complete(ctx, txn, s, proved);
}

void login_authenticated(struct request_context *ctx, struct auth_txn *txn,
                         const struct session *s)
{
	const char *proved = txn->prove;

	/* For this request, only logins count that are as recent as it
	 * requires. */
	if (txn->force_authn)
		txn->not_before = s->auth_time;
	else if (txn->max_age >= 0)
		txn->not_before = s->auth_time - txn->max_age;
	txn->force_authn = false;
	txn->max_age = -1;
	txn->prove = txn->prove_in = NULL;
	if (proved && txn->service)
		login_complete_proved(ctx, txn, s, proved);
	else
		login_complete(ctx, txn, s, NULL);
}
