/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_form.c: the login form. */
#include "idp/http/csrf.h"
#include "idp/login/login_private.h"
#include "idp/logout/past_session.h"
#include "idp/page/ended_services.h"
#include "lib/strbuf.h"
#include "pages.h"

bool password_change_enabled(const struct municipality *m)
{
	for (size_t i = 0; m && i < m->source_mapping_count; i++)
		if (m->source_mappings[i].directory->self_password_change)
			return true;
	return false;
}

char *login_form_purpose(struct arena *a, const struct auth_txn *txn)
{
	return arena_printf(a, "login %s", txn->secret);
}

/* A login that is to prove another affiliation: only with its municipality. */
static void login_form_set_prove(struct request_context *ctx,
                                 const struct auth_txn *txn,
                                 const struct municipality *m,
                                 struct login_page *page)
{
	page->prove = m ? page_place_name(ctx, m) : txn->prove_in;
	page->back = txn->service
	                 ? arena_printf(ctx->arena, "/as?t=%s", txn->secret)
	                 : "/portal";
}

/* States that the session of this browser ended without it, and which services
 * may still be open here. */
static void login_form_set_ended(struct request_context *ctx,
                                 struct login_page *page)
{
	struct logout_report report;
	const char *cause = past_session_of_browser(ctx, &report);
	enum message_id message =
	    cause ? page_message_id("ended", cause) : MSG_COUNT;

	if (message == MSG_COUNT)
		return;
	page->ended = page_message(ctx, message);
	page->ended_services = page_ended_here(ctx, &report);
	page->ended_colour = page_service_is_open(&report) ? "warning" : "info";
}

char *login_form_wait(struct request_context *ctx,
                      const struct auth_attempt *attempt)
{
	if (!attempt || attempt->wait_s == 0)
		return NULL;
	/* "1 seconds" is in no language. */
	char *seconds = arena_printf(ctx->arena, "%d",
	                             attempt->wait_s < 2 ? 2 : attempt->wait_s);

	response_add_header(ctx->response, "Retry-After", seconds);
	return seconds;
}

void login_form_show(struct request_context *ctx, struct auth_txn *txn,
                     const struct municipality *m, const char *login,
                     const char *reason, const char *code,
                     const struct auth_attempt *attempt)
{
	const char *csrf_secret =
	    csrf_secret_ensure(ctx->request, ctx->response, CSRF_COOKIE);
	struct strbuf body = strbuf_init(ctx->arena);

	if (txn->prove_in)
		m = config_municipality(ctx->cfg, txn->prove_in);
	struct login_page page = {
		.txn = txn->secret,
		.csrf_token = csrf_token(ctx->arena, csrf_secret,
		                         login_form_purpose(ctx->arena, txn)),
		.service = txn->service ? txn->service->display : NULL,
		.municipality = m ? m->name : "",
		.municipality_name = m ? m->display : NULL,
		.login = login,
		.code = code,
		.wrong_password = text_equal(reason, "wrong-password"),
		.wait = attempt ? attempt->wait : NULL,
		.seconds = login_form_wait(ctx, attempt),
	};

	if (txn->language)
		ctx->language = txn->language;
	if (text_equal(reason, "password-expired") &&
	    password_change_enabled(m))
		page.change = arena_printf(ctx->arena, "/password?t=%s&m=%s",
		                           txn->secret, m->name);
	if (txn->prove)
		login_form_set_prove(ctx, txn, m, &page);
	else if (ctx->cfg->municipality_count > 1)
		page.choose =
		    arena_printf(ctx->arena, "/choose?t=%s", txn->secret);
	if (reason) {
		page.error =
		    page_message(ctx, page_message_id("reason", reason));
		page.todo = page_message(ctx, page_message_id("todo", reason));
	} else {
		login_form_set_ended(ctx, &page);
	}
	fill_login(&body, page_language(ctx), &page);
	page_render(
	    ctx,
	    &(struct page){ .status = reason ? page_reason_status(reason) : 200,
	                    .title = page_message(ctx, MSG_login_title),
	                    .body = body.data,
	                    .m = m,
	                    .return_page = "login",
	                    .txn = txn,
	                    .csp = page_csp(ctx, txn) });
}
