/* SPDX-License-Identifier: AGPL-3.0-or-later
 * oidc_protocol.c: ends an auth transaction of an OpenID Connect client: an
 * authorization code, or an error response (Core 3.1.2.5 and 3.1.2.6). */
#include "idp/oidc/oidc.h"

#include "idp/oauth/authorization_code.h"
#include "idp/oauth/signer_client.h"
#include "idp/oidc/authorization_response.h"
#include "idp/oidc/claims.h"
#include "idp/oidc/logout.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

static struct response_target oidc_response_target(const struct auth_txn *txn)
{
	return (struct response_target){
		.issuer = txn->issuer,
		.redirect_uri = js_string(txn->request, "redirect"),
		.state = js_string(txn->request, "state"),
	};
}

static const struct {
	const char *error, *description;
} oidc_protocol_errors[] = {
	[PROTOCOL_ACCESS_DENIED] = { "access_denied",
	                             "access denied by policy" },
	[PROTOCOL_LOGIN_REQUIRED] = { "login_required", NULL },
	[PROTOCOL_INTERACTION_REQUIRED] = { "interaction_required", NULL },
	[PROTOCOL_ACR_NOT_MET] = { "unmet_authentication_requirements", NULL },
	[PROTOCOL_TEMPORARILY_UNAVAILABLE] = { "temporarily_unavailable",
	                                       NULL },
};

static bool oidc_send_error(struct request_context *ctx,
                            const struct auth_txn *txn,
                            enum protocol_error code, struct error *err)
{
	const struct response_target target = oidc_response_target(txn);

	if (!target.redirect_uri ||
	    (size_t)code >= LENGTH(oidc_protocol_errors))
		return error_set(err, ERROR_INVALID,
		                 "transaction has no redirect_uri");
	authorization_response_error(ctx, &target,
	                             oidc_protocol_errors[code].error,
	                             oidc_protocol_errors[code].description);
	return true;
}

static struct grant *oidc_build_grant(struct request_context *ctx,
                                      const struct auth_txn *txn,
                                      const struct login_result *login,
                                      const char *sub)
{
	const struct claims_subject subject = { ctx->cfg, login->service,
		                                login->person,
		                                login->affiliation };
	const char *scope = js_string(txn->request, "scope");
	struct grant *grant = arena_new(ctx->arena, struct grant);

	*grant = (struct grant){
		.issuer = login->issuer->name,
		.service = login->service->name,
		.client = login->service->oidc->id,
		.sub = sub,
		.scope = scope,
		.sid = login->sid,
		.person = login->person->id,
		.affiliation = login->affiliation->id,
		.municipality = login->affiliation->municipality,
		.acr = login->acr,
		.method = login->method,
		.issued_at = clock_now(),
		.auth_time = login->auth_time,
		.userinfo_claims =
		    claims_build(ctx->arena, &subject, scope,
		                 js_array(txn->request, "userinfo")),
		.id_token_claims =
		    claims_build(ctx->arena, &subject, "",
		                 js_array(txn->request, "in_token")),
	};
	return grant;
}

static bool oidc_issue_response(struct request_context *ctx,
                                const struct auth_txn *txn,
                                const struct login_result *login,
                                struct session_participant *ret_participant,
                                struct error *err)
{
	const struct response_target target = oidc_response_target(txn);
	const char *required_sub = js_string(txn->request, "sub");
	char *code, *sub;

	if (!target.redirect_uri || !login->service->oidc)
		return error_set(err, ERROR_INVALID,
		                 "transaction has no redirect_uri");
	if (!subject_identifier(ctx, login->service, login->person,
	                        login->affiliation, &sub, err))
		return false;
	/* Core 3.1.2.2 and 5.5.1: no positive response about another person
	 * than the requested sub. */
	if (required_sub && !text_equal(required_sub, sub))
		return oidc_send_error(ctx, txn, PROTOCOL_LOGIN_REQUIRED, err);
	const struct auth_code auth_code = {
		.grant = oidc_build_grant(ctx, txn, login, sub),
		.redirect_uri = target.redirect_uri,
		.code_challenge = js_string(txn->request, "challenge"),
		.nonce = js_string(txn->request, "nonce"),
	};

	if (!auth_code_issue(ctx, &auth_code, &code, err))
		return false;
	ret_participant->name_id = sub;
	authorization_response_code(ctx, &target, code);
	return true;
}

const struct protocol oidc_protocol = {
	.name = "oidc",
	.issue_response = oidc_issue_response,
	.send_error = oidc_send_error,
	.notify_logout = backchannel_logout_send,
	.complete_logout = post_logout_redirect,
};
