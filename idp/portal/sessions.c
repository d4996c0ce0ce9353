/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sessions.c: lists a person's sessions, and ends one or all others. */
#include <string.h>

#include "idp/http/guard.h"
#include "idp/page/page.h"
#include "idp/portal/portal.h"
#include "idp/session/own.h"
#include "lib/hash.h"
#include "lib/text.h"
#include "pages.h"

static char *purpose_of(struct arena *a, const struct session *s)
{
	return arena_print(a, "sessions %s", s->sid);
}

/* Returns the session, or NULL with the response filled. */
static const struct session *must_be_here(struct visit *v)
{
	const struct session *s;
	struct fault why = { 0 };

	if (!session_find(v, &s, &why)) {
		page_fault(v, &why);
		return NULL;
	}
	if (!s)
		login_enter(
		    v, &(struct ticket){ .front = "portal", .max_age = -1 });
	return s;
}

static void show(struct visit *v, const struct session *s,
                 const struct own_session *all, size_t count)
{
	struct sessions_sessions *list =
	    arena_array(v->arena, struct sessions_sessions, count + 1);
	const char *mine = hash_hex(v->arena, s->secret, strlen(s->secret));
	const char *browser =
	    guard_secret(v->request, v->answer, GUARD_BROWSER);
	struct text body = text_in(v->arena);

	for (size_t i = 0; i < count; i++) {
		const struct session *one = all[i].session;

		list[i] = (struct sessions_sessions){
			.id = all[i].hex,
			.agent = one->agent && *one->agent
			             ? one->agent
			             : page_text(v, WORD_sessions_unknown),
			.began = page_time(v, one->began),
			.touched = page_time(v, one->touched),
			.here = text_equal(all[i].hex, mine),
		};
	}
	fill_sessions(
	    &body, page_language(v),
	    &(struct sessions_page){
		.word = guard_word(v->arena, browser, purpose_of(v->arena, s)),
		.others = count > 1,
		.sessions = list,
		.sessions_count = count });
	page_put(v, &(struct sheet){ .status = 200,
	                             .title = page_text(v, WORD_sessions_title),
	                             .body = body.at,
	                             .back = "sessions" });
}

void portal_sessions(struct visit *v)
{
	const struct session *s = must_be_here(v);
	struct own_session *all;
	size_t count;
	struct fault why = { 0 };

	if (!s)
		return;
	if (!own_sessions(v, s, &all, &count, &why))
		page_fault(v, &why);
	else
		show(v, s, all, count);
}

void portal_sessions_end(struct visit *v)
{
	const char *end = request_form(v->request, "end");
	const struct session *s = must_be_here(v);
	struct fault why = { 0 };

	if (!s)
		return;
	if (!end) {
		page_turned_away(v, 400, "bad-request");
		return;
	}
	if (!guard_check(v->request, v->region->login_url,
	                 purpose_of(v->arena, s), &why) ||
	    !own_sessions_end(v, s, text_equal(end, "others") ? NULL : end,
	                      &why)) {
		page_fault(v, &why);
		return;
	}
	answer_see_other(v->answer, arena_print(v->arena, "%s/sessions",
	                                        v->region->login_url));
}
