/* SPDX-License-Identifier: AGPL-3.0-or-later
 * error_page.c: the error page: the reason and what to do now. */
#include "idp/page/page.h"
#include "idp/session/login_metrics.h"
#include "idp/session/service_launch.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "pages.h"
#include "region/audit/audit_event.h"

static const struct {
	const char *reason;
	int status;
} reasons[] = {
#define REASON(word, status) { word, status },
#include "region/config/reasons.def"
#undef REASON
};

int page_reason_status(const char *reason)
{
	for (size_t i = 0; i < LENGTH(reasons); i++)
		if (text_equal(reasons[i].reason, reason))
			return reasons[i].status;
	return 500;
}

static enum message_id status_title(int status)
{
	if (status == 404)
		return MSG_not_found_title;
	if (status == 403 || status == 429)
		return MSG_access_denied_title;
	return status >= 500 ? MSG_unavailable_title : MSG_error_title;
}

/* What only some errors show; NULL: not. */
struct error_details {
	const struct service *service;
	const struct maintenance *maintenance;
};

/* Returns the message in the language of the page, else "". */
static const char *maintenance_message(const struct request_context *ctx,
                                       const struct maintenance *m)
{
	const char *const messages[] = { [LANGUAGE_NB] = m->message_nb,
		                         [LANGUAGE_NN] = m->message_nn,
		                         [LANGUAGE_EN] = m->message_en };
	const char *own = messages[page_language(ctx)];

	return own ? own : "";
}

static void error_page_render(struct request_context *ctx, int status,
                              const char *reason, const struct municipality *m,
                              const char *code,
                              const struct error_details *details)
{
	struct strbuf body = strbuf_init(ctx->arena);
	const struct service *service = details->service;
	const struct maintenance *closed = details->maintenance;
	const char *title = page_message(ctx, status_title(status));
	enum message_id sentence = page_message_id("reason", reason);
	enum message_id todo = page_message_id("todo", reason);

	if (sentence == MSG_COUNT || todo == MSG_COUNT) {
		sentence = MSG_reason_bad_request;
		todo = MSG_todo_bad_request;
	}
	fill_error(
	    &body, page_language(ctx),
	    &(struct error_page){
		.title = title,
		.sentence = page_message(ctx, sentence),
		.todo = page_message(ctx, todo),
		.time = closed ? page_format_time(ctx, closed->until) : NULL,
		.notice = closed ? maintenance_message(ctx, closed) : NULL,
		.code = code,
		.clear_cookies = text_equal(reason, "cookies-rejected")
	                             ? COOKIES_PATH
	                             : NULL,
		.service = service ? service->display : NULL,
		.service_url = service
	                           ? service_launch_address(ctx->arena, service)
	                           : NULL,
		.back = ctx->on_login_host ? "/portal" : NULL });
	page_render(ctx, &(struct page){ .status = status,
	                                 .title = title,
	                                 .body = body.data,
	                                 .m = m });
}

void error_page_reason(struct request_context *ctx, const char *reason,
                       const struct municipality *m, const char *code)
{
	error_page_render(ctx, page_reason_status(reason), reason, m, code,
	                  &(struct error_details){ 0 });
}

void error_page_denied(struct request_context *ctx, const char *reason,
                       const struct policy_decision *d,
                       const struct municipality *m, const char *code)
{
	error_page_render(
	    ctx, page_reason_status(reason), reason, m, code,
	    &(struct error_details){ .maintenance = d->maintenance });
}

void error_page_answered(struct request_context *ctx, const struct service *s)
{
	error_page_render(ctx, page_reason_status("replay"), "replay", NULL,
	                  NULL, &(struct error_details){ .service = s });
}

void error_page_status(struct request_context *ctx, int status,
                       const char *reason)
{
	error_page_render(ctx, status, reason, NULL, NULL,
	                  &(struct error_details){ 0 });
}

static const char *error_reason(const struct error *err)
{
	if (err->reason)
		return err->reason;
	if (err->kind == ERROR_UNAVAILABLE)
		return "overloaded";
	return err->kind == ERROR_REFUSED ? "not-allowed" : "bad-request";
}

void error_page_show(struct request_context *ctx, const struct error *err)
{
	const char *reason = error_reason(err);
	const struct municipality *m = ctx->issuer ? ctx->issuer->owner : NULL;
	const struct audit_event e = {
		.cfg = ctx->cfg,
		.municipality = m ? m->name : NULL,
		.issuer = ctx->issuer ? ctx->issuer->name : NULL,
		.address = ctx->request->address,
		.listener = ctx->request->listener,
		.reason = reason,
		.detail = err->text,
		.took_ms = (int)(clock_monotonic_ms() - ctx->started_ms),
	};
	struct error audit_err = { 0 };
	char *code = NULL;

	/* An error response does not require the audit log; without it the
	 * page has no code. */
	if (!audit_access_denied(ctx->backends->audit, ctx->arena, &e, NULL,
	                         &code, &audit_err))
		code = NULL;
	login_metrics_count(LOGIN_METRIC_ERROR, reason);
	log_event(LOG_REQUEST_FAILED, "reason", reason, "error", err->text,
	          "receipt", code, "path", ctx->request->path, NULL);
	error_page_reason(ctx, reason, m, code);
}
