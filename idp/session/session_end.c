/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_end.c: ends a session, and reads the record that remains of it. */
#include "idp/session/session_end.h"

#include <string.h>

#include "idp/http/cookies.h"
#include "idp/session/gone_sessions.h"
#include "idp/session/session_private.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/strbuf.h"

static json_t *field_as_json(struct arena *a, const struct store_fields *fields,
                             const char *name)
{
	json_t *value;

	for (size_t i = 0; i < fields->count; i++)
		if (text_equal(fields->names[i], name) &&
		    js_parse(a, fields->values[i], strlen(fields->values[i]),
		             &value, NULL))
			return value;
	return NULL;
}

/* A participant without a name_id has received nothing to end. */
static void ended_set_participants(struct arena *a,
                                   const struct store_fields *fields,
                                   struct ended_session *ended)
{
	size_t count, kept = 0;
	struct session_participant *all = participants_parse(a, fields, &count);

	for (size_t i = 0; i < count; i++)
		if (all[i].name_id)
			all[kept++] = all[i];
	ended->participants = all;
	ended->count = kept;
}

static void ended_parse(struct arena *a, const struct store_fields *fields,
                        struct ended_session *ended)
{
	const json_t *marker = field_as_json(a, fields, STORE_SESSION_MARKER);

	ended->person = js_string(marker, "person");
	ended->affiliation = js_string(marker, "by");
	ended->municipality = js_string(marker, "municipality");
	ended_set_participants(a, fields, ended);
}

bool session_end_stored(struct request_context *ctx,
                        const struct store_session *session, const char *cause,
                        int64_t notify_in_s, struct ended_session *ret,
                        struct error *err)
{
	struct store_end_result result;

	if (!store_end_session(ctx->backends->store, ctx->cfg, ctx->arena,
	                       session, cause, notify_in_s, &result, err))
		return false;
	if (result.dropped > 0)
		log_event(LOG_LOGOUT_QUEUE_FULL, "cause", cause, NULL);
	if (!result.is_replaced)
		gone_sessions_add(ctx->backends->gone, session->sid);
	*ret = (struct ended_session){
		.hex = session->hex,
		.sid = session->sid,
		.cause = cause,
		.dropped = result.dropped,
	};
	ended_parse(ctx->arena, &result.parts, ret);
	return true;
}

bool session_end(struct request_context *ctx, const struct session *s,
                 const char *cause, int64_t notify_in_s,
                 struct ended_session *ret, struct error *err)
{
	const struct store_session session = store_session_of(
	    ctx->arena,
	    hash_sha256_hex(ctx->arena, s->secret, strlen(s->secret)), s->sid,
	    s->person->id);

	if (!session_end_stored(ctx, &session, cause, notify_in_s, ret, err))
		return false;
	if (ctx->session == s)
		ctx->session = NULL;
	if (ctx->response &&
	    text_equal(request_cookie(ctx->request, SESSION_COOKIE), s->secret))
		response_set_cookie(ctx->response, SESSION_COOKIE, "", -1);
	return true;
}

bool session_past_read(struct request_context *ctx, const char *hex,
                       struct store_fields *ret_fields,
                       struct ended_session *ret, bool *ret_found,
                       struct error *err)
{
	if (!store_past_read(ctx->backends->store, ctx->cfg, ctx->arena, hex,
	                     ret_fields, err))
		return false;
	const json_t *end =
	    field_as_json(ctx->arena, ret_fields, STORE_PAST_END);

	*ret = (struct ended_session){ .hex = hex,
		                       .sid = js_string(end, "sid"),
		                       .cause = js_string(end, "cause"),
		                       .ended_at = js_number(end, "at", 0) };
	*ret_found = js_number(end, "v", 0) == 1 && ret->sid && ret->cause;
	if (*ret_found)
		ended_parse(ctx->arena, ret_fields, ret);
	return true;
}
