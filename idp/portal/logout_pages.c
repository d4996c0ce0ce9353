/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_pages.c: the confirmation page and the result page of a logout. */
#include "idp/http/csrf.h"
#include "idp/page/ended_services.h"
#include "idp/portal/portal.h"
#include "lib/strbuf.h"
#include "pages.h"

char *logout_form_purpose(struct arena *a, const struct session *s,
                          const struct auth_txn *txn)
{
	return arena_printf(a, "logout %s %s", s ? s->sid : "",
	                    txn && txn->secret ? txn->secret : "");
}

void logout_confirm_page(struct request_context *ctx, const struct session *s,
                         const struct auth_txn *txn)
{
	const char *csrf_secret =
	    csrf_secret_ensure(ctx->request, ctx->response, CSRF_COOKIE);
	struct strbuf body = strbuf_init(ctx->arena);

	fill_logout_confirm(
	    &body, page_language(ctx),
	    &(struct logout_confirm_page){
		.txn = txn && txn->secret ? txn->secret : "",
		.csrf_token =
		    csrf_token(ctx->arena, csrf_secret,
	                       logout_form_purpose(ctx->arena, s, txn)),
		.service =
		    txn && txn->service ? txn->service->display : NULL });
	page_render(ctx, &(struct page){ .status = 200,
	                                 .title = page_message(
					     ctx, MSG_logout_confirm_title),
	                                 .body = body.data,
	                                 .return_page = "logout",
	                                 .txn = txn,
	                                 .csp = page_csp(ctx, txn) });
}

static bool logout_is_pending(const struct logout_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->results[i].pending)
			return true;
	return false;
}

static const struct logout_texts {
	enum message_id progress, title, lead, heading, open, next;
} logout_texts[] = {
	[LOGOUT_OWN] = { MSG_logout_progress_title, MSG_logout_title,
	                 MSG_logout_lead, MSG_logout_services,
	                 MSG_logout_close_browser, MSG_logout_return },
	[LOGOUT_PREVIOUS] = { MSG_previous_title, MSG_previous_title,
	                      MSG_previous_lead, MSG_previous_services,
	                      MSG_previous_open, MSG_previous_next },
	[LOGOUT_ROLE_CHANGE] = { MSG_role_change_title, MSG_role_change_title,
	                         MSG_role_change_lead, MSG_role_change_services,
	                         MSG_role_change_open, MSG_previous_next },
};

static struct logout_services *logout_list_services(
    struct request_context *ctx, const struct logout_report *report)
{
	struct logout_services *list =
	    arena_array(ctx->arena, struct logout_services, report->count + 1);

	for (size_t i = 0; i < report->count; i++) {
		const struct service_status status =
		    page_service_status(ctx, &report->results[i]);

		list[i] = (struct logout_services){
			.name = report->results[i].service,
			.status = status.text,
			.colour = status.colour,
		};
	}
	return list;
}

/* While front-channel notifications are pending the browser continues by a
 * Refresh header: form-action would block a redirect. */
void logout_result_page(struct request_context *ctx,
                        const struct logout_report *report)
{
	const struct logout_texts *texts = &logout_texts[report->kind];
	bool auto_continue = logout_is_pending(report) && report->next_url;
	const char *title =
	    page_message(ctx, auto_continue ? texts->progress : texts->title);
	struct strbuf body = strbuf_init(ctx->arena);

	fill_logout(
	    &body, page_language(ctx),
	    &(struct logout_page){
		.title = title,
		.lead = page_message(ctx, texts->lead),
		.heading = page_message(ctx, texts->heading),
		.next_label = page_message(ctx, texts->next),
		.other = report->kind != LOGOUT_OWN,
		.next = report->next_url,
		.waiting = auto_continue,
		.next_name = report->next_service,
		.has_services = report->count > 0,
		.close_browser = page_service_is_open(report) && !auto_continue
	                             ? page_message(ctx, texts->open)
	                             : NULL,
		.portal = report->next_url ? NULL : "/portal",
		.code = report->receipt_code,
		.services = logout_list_services(ctx, report),
		.services_count = report->count });
	page_render(
	    ctx,
	    &(struct page){ .status = 200, .title = title, .body = body.data });
	if (auto_continue)
		response_add_header(
		    ctx->response, "Refresh",
		    arena_printf(ctx->arena, "0; url=%s", report->next_url));
}
