/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_pages.c: the confirmation page and the result page of a logout. */
#include "idp/http/guard.h"
#include "idp/page/page.h"
#include "idp/portal/portal.h"
#include "lib/text.h"
#include "pages.h"

static const struct {
	enum word said;
	const char *colour;
} outcomes[] = {
	[TOLD_AWAY] = { WORD_told_away, "danger" },
	[TOLD_YES] = { WORD_told_yes, "success" },
	[TOLD_CANNOT] = { WORD_told_cannot, "warning" },
	[TOLD_BROWSER] = { WORD_told_waiting, "info" },
};

char *portal_logout_purpose(struct arena *a, const struct session *s,
                            const struct ticket *t)
{
	return arena_print(a, "logout %s %s", s ? s->sid : "",
	                   t && t->secret ? t->secret : "");
}

void portal_confirm(struct visit *v, const struct session *s,
                    const struct ticket *t)
{
	const char *browser =
	    guard_secret(v->request, v->answer, GUARD_BROWSER);
	struct text body = text_in(v->arena);

	fill_confirm(
	    &body, page_language(v),
	    &(struct confirm_page){
		.ticket = t && t->secret ? t->secret : "",
		.word = guard_word(v->arena, browser,
	                           portal_logout_purpose(v->arena, s, t)),
		.service = t && t->service ? t->service->display : NULL });
	page_put(v, &(struct sheet){ .status = 200,
	                             .title = page_text(v, WORD_confirm_title),
	                             .body = body.at,
	                             .back = "logout",
	                             .ticket = t,
	                             .csp = page_csp_for(v, t) });
}

static bool must_close(const struct leave_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->rows[i].how == TOLD_AWAY ||
		    report->rows[i].how == TOLD_CANNOT)
			return true;
	return false;
}

static bool is_waiting(const struct leave_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->rows[i].waiting)
			return true;
	return false;
}

/* While front-channel notifications are pending the browser continues by a
 * Refresh header: form-action would block a redirect. */
void portal_left(struct visit *v, const struct leave_report *report)
{
	struct logout_services *list =
	    arena_array(v->arena, struct logout_services, report->count + 1);
	bool going_on = is_waiting(report) && report->next;
	struct text body = text_in(v->arena);

	for (size_t i = 0; i < report->count; i++)
		list[i] = (struct logout_services){
			.name = report->rows[i].service,
			.said =
			    page_text(v, outcomes[report->rows[i].how].said),
			.colour = outcomes[report->rows[i].how].colour,
		};
	fill_logout(
	    &body, page_language(v),
	    &(struct logout_page){ .next = report->next,
	                           .waiting = going_on,
	                           .next_name = report->next_name,
	                           .any = report->count > 0,
	                           .close = must_close(report) && !going_on,
	                           .portal = report->next ? NULL : "/portal",
	                           .code = report->code,
	                           .services = list,
	                           .services_count = report->count });
	page_put(v, &(struct sheet){
			.status = 200,
			.title = page_text(v, going_on ? WORD_leaving_title
	                                               : WORD_left_title),
			.body = body.at });
	if (going_on)
		answer_header(v->answer, "Refresh",
		              arena_print(v->arena, "0; url=%s", report->next));
}
