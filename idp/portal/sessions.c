/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sessions.c: lists a person's sessions, and ends one or all others. */
#include <string.h>

#include "idp/http/csrf.h"
#include "idp/logout/remote_logout.h"
#include "idp/logout/single_logout.h"
#include "idp/page/ended_services.h"
#include "idp/portal/portal.h"
#include "idp/session/session_end.h"
#include "idp/session/session_list.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "pages.h"

static char *sessions_form_purpose(struct arena *a, const struct session *s)
{
	return arena_printf(a, "sessions %s", s->sid);
}

static char *sessions_own_id(struct arena *a, const struct session *s)
{
	return hash_sha256_hex(a, s->secret, strlen(s->secret));
}

/* Returns the session, or NULL with the response filled. */
static const struct session *sessions_require_login(struct request_context *ctx)
{
	const struct session *s;
	struct error err = { 0 };

	if (!session_find(ctx, &s, &err)) {
		error_page_show(ctx, &err);
		return NULL;
	}
	if (!s)
		login_start(ctx, &(struct auth_txn){ .protocol = "portal",
		                                     .max_age = -1 });
	return s;
}

/* What a request of this page ended; NULL in ended: nothing. */
struct sessions_result {
	const char *ended;
	struct logout_report report;
};

static void sessions_show(struct request_context *ctx, const struct session *s,
                          const struct session_entry *all, size_t count,
                          const struct sessions_result *result)
{
	struct sessions_sessions *list =
	    arena_array(ctx->arena, struct sessions_sessions, count + 1);
	const char *own_id = sessions_own_id(ctx->arena, s);
	const char *csrf_secret =
	    csrf_secret_ensure(ctx->request, ctx->response, CSRF_COOKIE);
	struct strbuf body = strbuf_init(ctx->arena);

	for (size_t i = 0; i < count; i++) {
		const struct session *one = all[i].session;

		list[i] = (struct sessions_sessions){
			.id = all[i].id_hash,
			.agent = one->user_agent && *one->user_agent
			             ? one->user_agent
			             : page_message(
					   ctx, MSG_sessions_unknown_browser),
			.created = page_format_time(ctx, one->created_at),
			.last_used = page_format_time(ctx, one->last_used),
			.current = text_equal(all[i].id_hash, own_id),
		};
	}
	fill_sessions(
	    &body, page_language(ctx),
	    &(struct sessions_page){
		.csrf_token = csrf_token(ctx->arena, csrf_secret,
	                                 sessions_form_purpose(ctx->arena, s)),
		.others = count > 1,
		.ended = result->ended,
		.ended_services = page_ended_elsewhere(ctx, &result->report),
		.sessions = list,
		.sessions_count = count });
	page_render(
	    ctx, &(struct page){ .status = 200,
	                         .title = page_message(ctx, MSG_sessions_title),
	                         .body = body.data,
	                         .return_page = "sessions" });
}

static void sessions_page(struct request_context *ctx, const struct session *s,
                          const struct sessions_result *result)
{
	struct session_entry *all;
	struct error err = { 0 };
	size_t count;

	if (!sessions_of_person(ctx, s, &all, &count, &err))
		error_page_show(ctx, &err);
	else
		sessions_show(ctx, s, all, count, result);
}

void sessions_get(struct request_context *ctx)
{
	const struct session *s = sessions_require_login(ctx);

	if (s)
		sessions_page(ctx, s, &(struct sessions_result){ 0 });
}

/* end: the id of one, or "others". */
static void sessions_end(struct request_context *ctx, const struct session *s,
                         const char *end)
{
	const bool others = text_equal(end, "others");
	struct sessions_result result = { 0 };
	struct error err = { 0 };

	if (!remote_logout(ctx, s, others ? NULL : end, CAUSE_ELSEWHERE,
	                   &result.report, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	result.ended = page_message(ctx, others ? MSG_sessions_ended_others
	                                        : MSG_sessions_ended_one);
	sessions_page(ctx, s, &result);
}

void sessions_post(struct request_context *ctx)
{
	const char *end = request_form(ctx->request, "end");
	const struct session *s = sessions_require_login(ctx);
	struct error err = { 0 };

	if (!s)
		return;
	if (!end)
		error_page_status(ctx, 400, "bad-request");
	else if (!csrf_verify(ctx->request, ctx->cfg->login_url,
	                      sessions_form_purpose(ctx->arena, s), &err))
		error_page_show(ctx, &err);
	else if (text_equal(end, sessions_own_id(ctx->arena, s)))
		logout_start(ctx, s, NULL, NULL, NULL);
	else
		sessions_end(ctx, s, end);
}
