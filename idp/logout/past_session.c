/* SPDX-License-Identifier: AGPL-3.0-or-later
 * past_session.c: reads the record of a past session by the browser's cookie.
 */
#include "idp/logout/past_session.h"

#include <string.h>

#include "idp/http/cookies.h"
#include "idp/logout/logout_delivery.h"
#include "lib/hash.h"
#include "lib/strbuf.h"

static const char *past_status_name(struct arena *a,
                                    const struct store_fields *past,
                                    const struct session_participant *p)
{
	const char *field = store_past_status_field(a, participant_field(a, p));

	for (size_t i = 0; i < past->count; i++)
		if (text_equal(past->names[i], field))
			return past->values[i];
	return NULL;
}

/* Without a status, a service with a back channel is being notified; one that
 * only the browser could have visited was not. */
static struct logout_result past_result(struct request_context *ctx,
                                        const struct store_fields *past,
                                        const struct session_participant *p)
{
	const struct service *s = config_service(ctx->cfg, p->service);
	const char *name = past_status_name(ctx->arena, past, p);
	enum logout_status status = logout_status_parse(name);

	if (status == LOGOUT_VISITED || (!name && !(s && s->oidc)))
		status = LOGOUT_UNSUPPORTED;
	else if (!name)
		status = LOGOUT_IN_PROGRESS;
	return (struct logout_result){
		.service = s ? s->display : p->service,
		.status = status,
		.retried = s && s->oidc,
	};
}

const char *past_session_key(struct request_context *ctx)
{
	const char *secret = request_cookie(ctx->request, SESSION_COOKIE);

	return secret && ctx->on_login_host
	           ? hash_sha256_hex(ctx->arena, secret, strlen(secret))
	           : NULL;
}

static bool past_was_visited(const char *status)
{
	return text_equal(status, logout_status_name(LOGOUT_VISITED));
}

static void past_divide(struct request_context *ctx,
                        const struct store_fields *past,
                        struct open_participants *ret)
{
	struct ended_session *ended = &ret->askable;
	const size_t count = ended->count;

	ret->visited =
	    arena_array(ctx->arena, struct session_participant, count + 1);
	ended->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct session_participant p = ended->participants[i];
		const char *status = past_status_name(ctx->arena, past, &p);

		if (past_was_visited(status))
			ret->visited[ret->visited_count++] = p;
		else if (!text_equal(status, logout_status_name(LOGOUT_DONE)))
			ended->participants[ended->count++] = p;
	}
}

bool past_session_find_open(struct request_context *ctx, const char *hex,
                            struct open_participants *ret, bool *ret_found,
                            struct error *err)
{
	struct store_fields past;

	*ret = (struct open_participants){ 0 };
	if (!session_past_read(ctx, hex, &past, &ret->askable, ret_found, err))
		return false;
	if (*ret_found)
		past_divide(ctx, &past, ret);
	return true;
}

const char *past_session_of_browser(struct request_context *ctx,
                                    struct logout_report *ret)
{
	const char *hex = past_session_key(ctx);
	struct store_fields past;
	struct ended_session ended;
	bool found;

	*ret = (struct logout_report){ 0 };
	if (!hex || !session_past_read(ctx, hex, &past, &ended, &found, NULL) ||
	    !found)
		return NULL;
	struct logout_result *results =
	    arena_array(ctx->arena, struct logout_result, ended.count + 1);

	for (size_t i = 0; i < ended.count; i++)
		results[i] = past_result(ctx, &past, &ended.participants[i]);
	ret->results = results;
	ret->count = ended.count;
	return ended.cause;
}
