/* SPDX-License-Identifier: AGPL-3.0-or-later
 * single_logout.c: single logout (OIDC Back-Channel Logout 1.0, SAML Profiles
 * 4.4): deletes the session, notifies the participants, reports the result of
 * each.  While the browser visits front-channel participants, the state is a
 * logout transaction in Redis (logout_txn.h). */
#include "idp/logout/single_logout.h"

#include <string.h>

#include "idp/logout/logout_txn.h"
#include "idp/logout/past_session.h"
#include "idp/session/previous_sessions.h"
#include "lib/random.h"
#include "lib/strbuf.h"

static bool logout_store_txn(struct request_context *ctx, const char *secret,
                             const json_t *logout, struct error *err)
{
	bool done;

	return store_put(ctx->backends->store, ctx->cfg, "ticket", secret,
	                 logout, AUTH_TXN_LIFETIME_S, false, &done, err);
}

static json_t *logout_load_txn(struct request_context *ctx, const char *secret)
{
	struct error err = { 0 };
	json_t *logout;

	if (!secret || !*secret ||
	    !store_get(ctx->backends->store, ctx->cfg, ctx->arena, "ticket",
	               secret, &logout, &err) ||
	    !logout_txn_is_valid(logout))
		return NULL;
	return logout;
}

/* ---- result page -------------------------------------------------------- */

static const char *logout_service_display(struct request_context *ctx,
                                          const char *name)
{
	const struct service *s = name ? config_service(ctx->cfg, name) : NULL;

	return s ? s->display : name;
}

static enum logout_kind logout_kind_of(const json_t *logout)
{
	const int64_t kind = js_number(logout, "kind", LOGOUT_OWN);

	return kind == LOGOUT_PREVIOUS || kind == LOGOUT_ROLE_CHANGE
	           ? (enum logout_kind)kind
	           : LOGOUT_OWN;
}

static void logout_show_report(struct request_context *ctx, const char *secret,
                               const json_t *logout)
{
	json_t *rows = js_array(logout, "rows"),
	       *next = logout_txn_next_front_channel(logout);
	size_t count = json_array_size(rows);
	struct logout_result *results =
	    arena_array(ctx->arena, struct logout_result, count);
	struct logout_report report = { .kind = logout_kind_of(logout),
		                        .results = results,
		                        .count = count,
		                        .all_done = logout_txn_all_done(logout),
		                        .receipt_code =
		                            js_string(logout, "code") };

	for (size_t i = 0; i < count; i++) {
		json_t *row = json_array_get(rows, i);

		results[i].service =
		    logout_service_display(ctx, js_string(row, "service"));
		results[i].status = logout_txn_status(row);
		results[i].pending = results[i].status == LOGOUT_BY_BROWSER;
		results[i].retried = js_true(row, "retried");
	}
	if (next) {
		report.next_url = js_string(next, "address");
		report.next_service =
		    logout_service_display(ctx, js_string(next, "service"));
	} else if (js_string(logout, "front") && *secret) {
		report.next_url = arena_printf(ctx->arena, "%s/logout?done=%s",
		                               ctx->cfg->login_url, secret);
	}
	ctx->backends->page_hooks->logout_report(ctx, &report);
}

/* Sends the logout response to the initiating service.  Returns false where
 * there is none. */
static bool logout_answer_initiator(struct request_context *ctx,
                                    const json_t *logout)
{
	struct error err = { 0 };
	const char *name = js_string(logout, "front");
	const char *issuer = js_string(logout, "issuer");
	const struct protocol *protocol =
	    name ? protocol_find(ctx, name) : NULL;

	if (issuer)
		ctx->issuer = config_issuer(ctx->cfg, issuer);
	return protocol && protocol->complete_logout &&
	       protocol->complete_logout(ctx, js_object(logout, "request"),
	                                 logout_txn_all_done(logout), &err);
}

/* Where no other participant is involved, responds to the initiator at once;
 * otherwise shows the page first. */
static void logout_advance(struct request_context *ctx, const char *secret,
                           const json_t *logout)
{
	if (logout_txn_nothing_to_show(logout) &&
	    logout_answer_initiator(ctx, logout))
		return;
	logout_show_report(ctx, secret, logout);
}

/* ---- start -------------------------------------------------------------- */

/* A logout does not require the audit log; on error the page has no code. */
static void logout_write_audit(struct request_context *ctx,
                               const struct ended_session *ended,
                               const char *initiator, json_t *logout)
{
	js_set_string(logout, "code",
	              logout_audit(ctx, ended, initiator,
	                           logout_txn_results(ctx->arena, logout)));
}

static struct logout_initiator logout_initiator_of(
    const struct request_context *ctx, const char *protocol, json_t *request,
    const char *service)
{
	return (struct logout_initiator){ protocol,
		                          ctx->issuer ? ctx->issuer->name
		                                      : NULL,
		                          request, service };
}

/* The initiator ends its own session. */
static void logout_record_initiator(struct request_context *ctx,
                                    const struct ended_session *ended,
                                    const char *initiator)
{
	for (size_t i = 0; initiator && i < ended->count; i++)
		if (text_equal(ended->participants[i].service, initiator))
			logout_record(ctx, ended->hex, &ended->participants[i],
			              LOGOUT_DONE);
}

/* Returns the result for each of them, allocated in ctx->arena. */
static struct logout_notification *logout_notify_open(
    struct request_context *ctx, const struct open_participants *open,
    const char *secret, size_t *ret_count)
{
	size_t asked;
	const struct logout_notification *done =
	    logout_notify_all(ctx, &open->askable, 1, secret, &asked);
	struct logout_notification *all =
	    arena_array(ctx->arena, struct logout_notification,
	                asked + open->visited_count + 1);

	for (size_t i = 0; i < asked; i++)
		all[i] = done[i];
	for (size_t i = 0; i < open->visited_count; i++)
		all[asked + i] = (struct logout_notification){
			.participant = open->visited[i],
			.status = LOGOUT_UNSUPPORTED,
		};
	*ret_count = asked + open->visited_count;
	return all;
}

/* Ends s and returns its services; those that are still open, where it has
 * ended before. */
static bool logout_end_session(struct request_context *ctx,
                               const struct session *s,
                               struct open_participants *ret, struct error *err)
{
	const char *hex = past_session_key(ctx);
	bool found;

	*ret = (struct open_participants){ 0 };
	if (s && !session_end(ctx, s, CAUSE_LOGOUT, NOTIFY_LEASE_S,
	                      &ret->askable, err))
		return false;
	return ret->askable.person || !hex ||
	       past_session_find_open(ctx, hex, ret, &found, err);
}

/* A logout needs no memory in Redis: the session has ended, and the page names
 * the services that the browser cannot visit now.  One without services is not
 * stored: anyone can begin it. */
static void logout_begin(struct request_context *ctx, const char *secret,
                         json_t *logout)
{
	if (json_array_size(js_array(logout, "rows")) == 0) {
		logout_advance(ctx, "", logout);
	} else if (logout_store_txn(ctx, secret, logout, NULL)) {
		logout_advance(ctx, secret, logout);
	} else {
		logout_txn_set_unreachable(logout);
		logout_advance(ctx, "", logout);
	}
}

void logout_start(struct request_context *ctx, const struct session *s,
                  const char *protocol, json_t *request, const char *initiator)
{
	const char *secret = random_secret(ctx->arena);
	const struct logout_initiator origin =
	    logout_initiator_of(ctx, protocol, request, initiator);
	struct open_participants open;
	struct error err = { 0 };
	size_t count;

	if (!logout_end_session(ctx, s, &open, &err)) {
		ctx->backends->page_hooks->error(ctx, &err);
		return;
	}
	struct ended_session *ended = &open.askable;

	logout_record_initiator(ctx, ended, initiator);
	ended->count =
	    logout_txn_select(ended->participants, ended->count, initiator);
	const struct logout_notification *notifications =
	    logout_notify_open(ctx, &open, secret, &count);
	json_t *logout =
	    logout_txn_create(ctx->arena, &origin, notifications, count);

	js_set_string(logout, "session", ended->hex);
	if (s && text_equal(ended->person, s->person->id))
		logout_write_audit(ctx, ended, initiator, logout);
	if (!logout_txn_all_done(logout))
		previous_session_add(ctx, ended->hex);
	logout_begin(ctx, secret, logout);
}

/* ---- before the person goes on ------------------------------------------ */

bool logout_before_continuing(struct request_context *ctx,
                              const struct logout_continuation *logout)
{
	const char *secret = random_secret(ctx->arena);
	const struct logout_initiator origin = { "portal", NULL,
		                                 logout->request, NULL };
	struct error err = { 0 };
	size_t count;
	struct logout_notification *notifications =
	    logout_notify_open(ctx, logout->open, secret, &count);

	/* The same session will be in use there again. */
	for (size_t i = 0; logout->kind == LOGOUT_ROLE_CHANGE && i < count; i++)
		notifications[i].retried = false;
	json_t *txn =
	    logout_txn_create(ctx->arena, &origin, notifications, count);

	if (!logout->page_required && logout_txn_all_done(txn))
		return false;
	json_object_set_new(txn, "kind", json_integer(logout->kind));
	json_object_set_new(txn, "alone", json_boolean(!logout->page_required));
	js_set_string(txn, "session", logout->open->askable.hex);
	if (logout_store_txn(ctx, secret, txn, &err))
		logout_advance(ctx, secret, txn);
	else
		ctx->backends->page_hooks->error(ctx, &err);
	return true;
}

/* ---- the browser returns ------------------------------------------------ */

/* Records what the browser found out, for the record of the session. */
static void logout_record_answer(struct request_context *ctx,
                                 const json_t *logout, const char *service,
                                 bool success)
{
	const struct session_participant p = {
		.issuer = logout_txn_issuer(logout, service), .service = service
	};
	const char *hex = js_string(logout, "session");

	if (hex && p.issuer)
		logout_record(ctx, hex, &p,
		              success ? LOGOUT_DONE : LOGOUT_FAILED);
}

void logout_continue(struct request_context *ctx, const char *relay_state,
                     const char *service, bool success)
{
	json_t *logout = logout_load_txn(ctx, relay_state);
	struct error err = { 0 };

	if (!logout || !logout_txn_set_answer(logout, service, success)) {
		(void)error_set_reason(
		    &err, ERROR_INVALID, "login-expired",
		    "logout transaction is unknown or expired");
		ctx->backends->page_hooks->error(ctx, &err);
		return;
	}
	logout_record_answer(ctx, logout, service, success);
	if (!logout_store_txn(ctx, relay_state, logout, &err)) {
		ctx->backends->page_hooks->error(ctx, &err);
		return;
	}
	logout_advance(ctx, relay_state, logout);
}

void logout_finish(struct request_context *ctx, const char *secret)
{
	json_t *logout = logout_load_txn(ctx, secret);
	struct error err = { 0 };

	if (logout && logout_answer_initiator(ctx, logout))
		return;
	(void)error_set_reason(&err, ERROR_INVALID, "login-expired",
	                       "logout transaction is unknown or expired");
	ctx->backends->page_hooks->error(ctx, &err);
}
