/* SPDX-License-Identifier: AGPL-3.0-or-later
 * error_page.c: the error page: the reason and what to do now. */
#include "idp/page/page.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "pages.h"
#include "region/receipt.h"

static const struct {
	const char *word;
	int status;
} reasons[] = {
#define REASON(word, status) { word, status },
#include "region/reasons.def"
#undef REASON
};

static int status_of(const char *reason)
{
	for (size_t i = 0; i < LENGTH(reasons); i++)
		if (text_equal(reasons[i].word, reason))
			return reasons[i].status;
	return 500;
}

static enum word title_of(int status)
{
	if (status == 404)
		return WORD_lost_title;
	if (status == 403 || status == 429)
		return WORD_refused_title;
	return status >= 500 ? WORD_away_title : WORD_wrong_title;
}

static void put_refusal(struct visit *v, int status, const char *reason,
                        const struct municipality *m, const char *code)
{
	struct text body = text_in(v->arena);
	const char *title = page_text(v, title_of(status));
	enum word sentence = page_word("reason", reason);
	enum word todo = page_word("todo", reason);

	if (sentence == WORD_COUNT || todo == WORD_COUNT) {
		sentence = WORD_reason_bad_request;
		todo = WORD_todo_bad_request;
	}
	fill_refused(&body, page_language(v),
	             &(struct refused_page){
			 .title = title,
			 .sentence = page_text(v, sentence),
			 .todo = page_text(v, todo),
			 .code = code,
			 .back = v->on_login_host ? "/portal" : NULL });
	page_put(
	    v, &(struct sheet){
		   .status = status, .title = title, .body = body.at, .m = m });
}

void page_refused(struct visit *v, const char *reason,
                  const struct municipality *m, const char *code)
{
	put_refusal(v, status_of(reason), reason, m, code);
}

void page_turned_away(struct visit *v, int status, const char *reason)
{
	put_refusal(v, status, reason, NULL, NULL);
}

static const char *reason_of(const struct fault *why)
{
	if (why->reason)
		return why->reason;
	if (why->kind == FAULT_UNAVAILABLE)
		return "busy";
	return why->kind == FAULT_REFUSED ? "not-allowed" : "bad-request";
}

void page_fault(struct visit *v, const struct fault *why)
{
	const char *reason = reason_of(why);
	const struct municipality *m = v->issuer ? v->issuer->owner : NULL;
	const struct event e = {
		.region = v->region,
		.municipality = m ? m->name : NULL,
		.issuer = v->issuer ? v->issuer->name : NULL,
		.address = v->request->address,
		.reason = reason,
		.detail = why->text,
		.took_ms = (int)(clock_monotonic_ms() - v->began_ms),
	};
	struct fault unwritten = { 0 };
	char *code = NULL;

	/* An error response does not require the audit log; without it the
	 * page has no code. */
	if (!receipt_refused(v->staff->scribe, v->arena, &e, NULL, &code,
	                     &unwritten))
		code = NULL;
	log_warn("refused", "reason", reason, "why", why->text, "path",
	         v->request->path, NULL);
	page_refused(v, reason, m, code);
}
