/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_protocol.c: the single sign-on endpoint (SAML Profiles 4.1) and the
 * table of SAML's protocol functions. */
#include "idp/protocol.h"

#include "idp/page/page.h"
#include "idp/saml/saml.h"
#include "idp/saml/saml_response.h"
#include "idp/saml/saml_uris.h"
#include "idp/saml/slo.h"
#include "lib/clock.h"

enum { REPLAY_CACHE_S = 10 * 60 };

/* Rejects a repeated request ID, e.g. from the browser's history. */
static bool saml_sso_check_replay(struct request_context *ctx,
                                  const struct sp_metadata *sp,
                                  const struct saml_message *m,
                                  struct error *err)
{
	bool is_new;

	if (!store_add_if_absent(ctx->backends->store, ctx->cfg, sp->entity_id,
	                         m->id, REPLAY_CACHE_S, &is_new, err))
		return false;
	return is_new || error_set_reason(err, ERROR_INVALID, "replay",
	                                  "ID of the request was used before");
}

static bool saml_sso_read_request(struct request_context *ctx,
                                  struct authn_request *ret_request,
                                  struct error *err)
{
	struct saml_envelope e;
	struct saml_message m;
	const struct sp_metadata *sp;

	if (!ctx->issuer)
		return error_set_reason(err, ERROR_INVALID, "not-found",
		                        "host is not an issuer");
	if (!saml_binding_read(ctx->arena, ctx->request, &e, err) ||
	    !saml_message_parse(ctx->arena, e.xml, e.length, clock_now(), &m,
	                        err) ||
	    !sp_metadata_by_entity_id(ctx, ctx->issuer, m.issuer, &sp, err))
		return false;
	const struct service *s = config_service(ctx->cfg, sp->service);

	if (!s)
		return error_set_reason(err, ERROR_INVALID, "unknown-service",
		                        "service %s is not configured",
		                        sp->service);
	return authn_request_parse(ctx->arena, ctx->issuer, s, sp, &e, &m,
	                           ret_request, err) &&
	       saml_sso_check_replay(ctx, sp, &m, err);
}

void saml_sso(struct request_context *ctx)
{
	struct authn_request request;
	struct error err = { 0 };

	if (!saml_sso_read_request(ctx, &request, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (!request.status.code) {
		login_start(ctx, &request.txn);
		return;
	}
	if (!saml_status_send(ctx, ctx->issuer, request.txn.service,
	                      request.txn.request, &request.status, &err))
		error_page_show(ctx, &err);
}

static bool saml_send_error(struct request_context *ctx,
                            const struct auth_txn *txn,
                            enum protocol_error code, struct error *err)
{
	static const struct saml_status statuses[] = {
		[PROTOCOL_ACCESS_DENIED] = { STATUS_RESPONDER, STATUS_DENIED },
		[PROTOCOL_LOGIN_REQUIRED] = { STATUS_RESPONDER,
		                              STATUS_NO_PASSIVE },
		[PROTOCOL_INTERACTION_REQUIRED] = { STATUS_RESPONDER,
		                                    STATUS_NO_PASSIVE },
		[PROTOCOL_ACR_NOT_MET] = { STATUS_RESPONDER,
		                           STATUS_NO_CONTEXT },
		[PROTOCOL_TEMPORARILY_UNAVAILABLE] = { STATUS_RESPONDER, NULL },
	};

	return saml_status_send(ctx, txn->issuer, txn->service, txn->request,
	                        &statuses[code], err);
}

const struct protocol saml_protocol = {
	.name = "saml",
	.issue_response = saml_response_send,
	.send_error = saml_send_error,
	.notify_logout = slo_request_send,
	.complete_logout = slo_response_send,
};
