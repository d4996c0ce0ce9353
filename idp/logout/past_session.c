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

	if (status == LOGOUT_FRONT_CHANNEL || (!name && !(s && s->oidc)))
		status = LOGOUT_UNSUPPORTED;
	else if (!name)
		status = LOGOUT_FRONT_CHANNEL;
	return (struct logout_result){
		.service = s ? s->display : p->service,
		.status = status,
		.retried = s && s->oidc,
	};
}

const char *past_session_of_browser(struct request_context *ctx,
                                    struct logout_report *ret)
{
	const char *secret = request_cookie(ctx->request, SESSION_COOKIE);
	struct store_fields past;
	struct ended_session ended;
	bool found;

	*ret = (struct logout_report){ 0 };
	if (!secret || !ctx->on_login_host ||
	    !session_past_read(
		ctx, hash_sha256_hex(ctx->arena, secret, strlen(secret)), &past,
		&ended, &found, NULL) ||
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
