/* SPDX-License-Identifier: AGPL-3.0-or-later
 * rp_handoff.c: sends the result of a login, here or on the issuer's own host.
 * The auth transaction carries it there, and RP_BINDING_COOKIE binds it to the
 * browser that started the login. */
#include "idp/login/login_private.h"
#include "lib/strbuf.h"

bool issuer_is_login_host(const struct request_context *ctx,
                          const struct auth_txn *txn)
{
	return !txn->issuer || text_equal(txn->protocol, "portal") ||
	       text_equal(txn->issuer->host, ctx->cfg->login_host);
}

void redirect_to_page(struct request_context *ctx, struct auth_txn *txn,
                      const char *path)
{
	struct error err = { 0 };

	if (!auth_txn_save(ctx, txn, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	response_redirect(ctx->response, auth_txn_url(ctx, txn, path));
}

static bool participant_equal(const struct session_participant *x,
                              const struct session_participant *y)
{
	return x && text_equal(x->issuer, y->issuer) &&
	       text_equal(x->service, y->service) &&
	       text_equal(x->affiliation, y->affiliation) &&
	       text_equal(x->name_id, y->name_id) &&
	       text_equal(x->index, y->index) && x->updated_at == y->updated_at;
}

static bool handoff_add_participant(struct request_context *ctx,
                                    const struct auth_txn *txn,
                                    const struct handoff *handoff,
                                    struct session_participant *participant,
                                    struct error *err)
{
	/* No NameID or sub was issued: the response was an error, and the
	 * participant is unchanged. */
	if (!txn->service || !participant->name_id)
		return true;
	participant->issuer = txn->issuer->name;
	participant->service = txn->service->name;
	participant->affiliation = handoff->affiliation->id;
	participant->updated_at = handoff->session->auth_time;
	return participant_equal(handoff->participant, participant) ||
	       session_add_participant(ctx, handoff->session, participant, err);
}

/* Adds the participant before the response is sent, so that a logout includes
 * every service that was logged in to. */
void handoff_finish(struct request_context *ctx, struct auth_txn *txn,
                    const struct handoff *handoff)
{
	const struct protocol *protocol = protocol_find(ctx, txn->protocol);
	const struct login_result login = {
		.issuer = txn->issuer,
		.service = txn->service,
		.person = handoff->session->person,
		.affiliation = handoff->affiliation,
		.acr = handoff->session->acr,
		.method = handoff->session->method,
		.auth_time = handoff->auth_time,
		.sid = handoff->session->sid,
		.receipt_code = handoff->receipt_code,
		.participant = handoff->participant,
	};
	struct session_participant participant = { 0 };
	/* Headers before these are the cookies of a login. */
	const size_t headers = ctx->response->header_count;
	struct error err = { 0 };

	if (!protocol ||
	    !protocol->issue_response(ctx, txn, &login, &participant, &err) ||
	    !handoff_add_participant(ctx, txn, handoff, &participant, &err)) {
		ctx->response->header_count = headers;
		error_page_show(ctx, &err);
	}
}

/* Uses a new secret: the party that started the login knows the old one, and
 * may have sent the link to a victim (login session fixation).  Only the
 * browser that authenticated gets the new one, and RP_BINDING_COOKIE verifies
 * that it started the login. */
static void handoff_send(struct request_context *ctx,
                         const struct auth_txn *txn, json_t *result)
{
	struct auth_txn back = *txn;
	struct error err = { 0 };

	back.secret = NULL;
	back.result = result;
	if (!auth_txn_save(ctx, &back, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	response_redirect(ctx->response,
	                  arena_printf(ctx->arena, "%s/return?t=%s",
	                               txn->issuer->url, back.secret));
}

static json_t *handoff_participant_to_json(struct arena *a,
                                           const struct session_participant *p)
{
	json_t *value = js_own(a, json_object());

	js_set_string(value, "affiliation", p->affiliation);
	js_set_string(value, "name", p->name_id);
	js_set_string(value, "index", p->index);
	json_object_set_new(value, "at", json_integer(p->updated_at));
	return value;
}

void handoff_redirect(struct request_context *ctx, struct auth_txn *txn,
                      const struct handoff *handoff)
{
	json_t *value = js_own(ctx->arena, json_object());

	json_object_set(value, "session",
	                session_to_json(ctx->arena, handoff->session));
	js_set_string(value, "as", handoff->affiliation->id);
	js_set_string(value, "code", handoff->receipt_code);
	json_object_set_new(value, "proved", json_integer(handoff->auth_time));
	if (handoff->participant)
		json_object_set(value, "part",
		                handoff_participant_to_json(
				    ctx->arena, handoff->participant));
	handoff_send(ctx, txn, value);
}

static void handoff_redirect_error(struct request_context *ctx,
                                   struct auth_txn *txn,
                                   enum protocol_error code)
{
	json_t *value = js_own(ctx->arena, json_object());

	json_object_set_new(value, "refuse", json_integer(code));
	handoff_send(ctx, txn, value);
}

void login_send_error(struct request_context *ctx, struct auth_txn *txn,
                      enum protocol_error code)
{
	const struct protocol *protocol = protocol_find(ctx, txn->protocol);
	struct error err = { 0 };

	if (!issuer_is_login_host(ctx, txn) && ctx->on_login_host) {
		handoff_redirect_error(ctx, txn, code);
		return;
	}
	if (!protocol || !protocol->send_error(ctx, txn, code, &err))
		error_page_show(ctx, &err);
}
