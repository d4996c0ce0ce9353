/* SPDX-License-Identifier: AGPL-3.0-or-later
 * handoff_return.c: on the issuer's own host, reads the result that
 * rp_handoff.c stored, and sends the protocol's response. */
#include "idp/login/login_private.h"
#include "lib/strbuf.h"

static const struct session_participant *handoff_participant_from_json(
    struct request_context *ctx, const struct auth_txn *txn,
    const json_t *value)
{
	struct session_participant *p =
	    arena_new(ctx->arena, struct session_participant);

	if (!value)
		return NULL;
	*p = (struct session_participant){
		.issuer = txn->issuer->name,
		.service = txn->service ? txn->service->name : NULL,
		.affiliation = js_string(value, "affiliation"),
		.name_id = js_string(value, "name"),
		.index = js_string(value, "index"),
		.updated_at = js_number(value, "at", 0),
	};
	return p;
}

static bool handoff_read(struct request_context *ctx,
                         const struct auth_txn *txn, struct handoff *ret,
                         struct error *err)
{
	struct session *s;

	if (!session_from_json(ctx->arena, js_object(txn->result, "session"),
	                       &s))
		return error_set_reason(err, ERROR_INVALID, "login-expired",
		                        "stored login result is invalid");
	ret->session = s;
	ret->affiliation =
	    person_find_affiliation(s->person, js_string(txn->result, "as"));
	ret->receipt_code = js_string(txn->result, "code");
	ret->auth_time = js_number(txn->result, "proved", 0);
	ret->participant = handoff_participant_from_json(
	    ctx, txn, js_object(txn->result, "part"));
	if (!ret->affiliation)
		return error_set_reason(
		    err, ERROR_INVALID, "login-expired",
		    "stored login result has no affiliation");
	return true;
}

/* Restarts the login if the session was ended or revoked since the decision. */
static void handoff_login(struct request_context *ctx, struct auth_txn *txn)
{
	struct handoff handoff;
	struct error err = { 0 };
	bool valid;

	if (!handoff_read(ctx, txn, &handoff, &err) ||
	    !session_is_valid(
		ctx, handoff.session->sid, handoff.session->person->id,
		handoff.affiliation->id, handoff.affiliation->municipality,
		handoff.auth_time, &valid, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (valid) {
		handoff_finish(ctx, txn, &handoff);
		return;
	}
	txn->secret = txn->id = NULL;
	txn->result = NULL;
	redirect_to_page(ctx, txn, "/login");
}

/* Single use, also for concurrent requests. */
static void handoff_consume(struct request_context *ctx, struct auth_txn *txn)
{
	long long code = js_number(txn->result, "refuse", -1);
	struct error err = { 0 };
	bool first = false;

	if (!auth_txn_consume(ctx, txn, &first, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (!first) {
		(void)error_set_reason(&err, ERROR_INVALID, "login-expired",
		                       "login result was used before");
		error_page_show(ctx, &err);
		return;
	}
	if (code >= PROTOCOL_ACCESS_DENIED &&
	    code <= PROTOCOL_TEMPORARILY_UNAVAILABLE)
		login_send_error(ctx, txn, (enum protocol_error)code);
	else
		handoff_login(ctx, txn);
}

void handoff_return(struct request_context *ctx)
{
	struct auth_txn *txn;
	struct error err = { 0 };

	if (!auth_txn_load(ctx, &txn, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (!txn->issuer || txn->issuer != ctx->issuer) {
		(void)error_set_reason(&err, ERROR_INVALID, "login-expired",
		                       "transaction belongs to another issuer");
		error_page_show(ctx, &err);
		return;
	}
	if (txn->result && txn->rp_binding)
		handoff_consume(ctx, txn);
	else
		redirect_to_page(ctx, txn, "/login");
}
