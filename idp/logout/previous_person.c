/* SPDX-License-Identifier: AGPL-3.0-or-later
 * previous_person.c: the earlier people of a browser. */
#include "idp/logout/previous_person.h"

#include "idp/logout/past_session.h"
#include "idp/session/previous_sessions.h"
#include "lib/strbuf.h"

static bool previous_is_open(const struct previous_person *previous)
{
	return previous->is_replaced || previous->open.askable.count > 0 ||
	       previous->open.visited_count > 0;
}

/* Those of the same person stay in the list, for the next person. */
static bool previous_read(struct request_context *ctx, const struct session *s,
                          const char *hex, struct previous_person *ret,
                          bool *ret_found, struct error *err)
{
	struct ended_session *ended = &ret->open.askable;
	bool exists;

	*ret_found = false;
	if (!past_session_find_open(ctx, hex, &ret->open, &exists, err))
		return false;
	ret->is_replaced =
	    exists && text_equal(ended->cause, CAUSE_OTHER_PERSON);
	/* Its end may not have been noticed yet. */
	if (!exists)
		return true;
	if (!previous_is_open(ret))
		previous_session_remove(ctx, hex);
	else
		*ret_found = !text_equal(ended->person, s->person->id);
	return true;
}

bool previous_person_find(struct request_context *ctx, const struct session *s,
                          struct previous_person *ret, bool *ret_found,
                          struct error *err)
{
	*ret_found = false;
	for (const char **key = previous_sessions(ctx); *key && !*ret_found;
	     key++)
		if (!previous_read(ctx, s, *key, ret, ret_found, err))
			return false;
	return true;
}

void previous_person_show(struct request_context *ctx,
                          const struct previous_person *previous,
                          const char *path)
{
	const char *hex = previous->open.askable.hex;
	json_t *request = js_own(
	    ctx->arena, json_pack("{s:s, s:s}", "previous", hex, "to", path));
	const struct logout_continuation logout = {
		.kind = LOGOUT_PREVIOUS,
		.open = &previous->open,
		.request = request,
		.page_required = previous->is_replaced,
	};

	if (!logout_before_continuing(ctx, &logout))
		(void)previous_person_continue(ctx, request);
}

bool previous_person_continue(struct request_context *ctx,
                              const json_t *request)
{
	const char *hex = js_string(request, "previous");
	const char *path = js_string(request, "to");

	if (!hex || !path)
		return false;
	previous_session_remove(ctx, hex);
	response_redirect(
	    ctx->response,
	    arena_printf(ctx->arena, "%s%s", ctx->cfg->login_url, path));
	return true;
}
