/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_delivery.c: one notification of one participant. */
#include "idp/logout/logout_delivery.h"

#include "lib/clock.h"
#include "lib/strbuf.h"

enum { RETRY_MIN_S = 10, RETRY_MAX_S = 15 * 60 };

static const char *const status_names[] = {
	[LOGOUT_FAILED] = "failed",
	[LOGOUT_DONE] = "done",
	[LOGOUT_UNSUPPORTED] = "unsupported",
	[LOGOUT_BY_BROWSER] = "front-channel",
	[LOGOUT_VISITED] = "visited",
	[LOGOUT_IN_PROGRESS] = "in-progress",
};

const char *logout_status_name(enum logout_status status)
{
	return status_names[status];
}

enum logout_status logout_status_parse(const char *name)
{
	for (size_t i = 0; i < LENGTH(status_names); i++)
		if (text_equal(status_names[i], name))
			return (enum logout_status)i;
	return LOGOUT_FAILED;
}

int64_t logout_retry_delay_s(int64_t age_s)
{
	if (age_s < RETRY_MIN_S)
		return RETRY_MIN_S;
	return age_s < RETRY_MAX_S ? age_s : RETRY_MAX_S;
}

/* Where Redis does not respond the item stays: the participant is notified
 * twice rather than not at all. */
static void delivery_settle(struct request_context *ctx, const char *hex,
                            const struct session_participant *p,
                            enum logout_status status, int64_t retry_in_s)
{
	(void)!store_past_settle(ctx->backends->store, ctx->cfg, hex,
	                         participant_field(ctx->arena, p),
	                         status_names[status], retry_in_s, NULL);
}

static const struct protocol *delivery_protocol(
    const struct request_context *ctx, const struct session_participant *p)
{
	const struct service *s = config_service(ctx->cfg, p->service);

	return s ? protocol_find(ctx, s->oidc ? "oidc" : "saml") : NULL;
}

enum logout_status logout_deliver(struct request_context *ctx, const char *hex,
                                  const struct logout_notice *notice,
                                  int64_t age_s, const char **ret_url)
{
	const struct session_participant *p = notice->participant;
	const struct protocol *protocol = delivery_protocol(ctx, p);
	enum logout_status status = LOGOUT_UNSUPPORTED;

	ctx->issuer = config_issuer(ctx->cfg, p->issuer);
	if (protocol && protocol->notify_logout && ctx->issuer)
		status = protocol->notify_logout(ctx, notice, ret_url);
	/* The caller sends the browser there at once. */
	delivery_settle(
	    ctx, hex, p, status == LOGOUT_BY_BROWSER ? LOGOUT_VISITED : status,
	    status == LOGOUT_FAILED ? logout_retry_delay_s(age_s) : 0);
	return status;
}

void logout_record(struct request_context *ctx, const char *hex,
                   const struct session_participant *p,
                   enum logout_status status)
{
	delivery_settle(ctx, hex, p, status, 0);
}

void logout_record_failed(struct request_context *ctx, const char *hex,
                          const struct session_participant *p, int64_t age_s)
{
	delivery_settle(ctx, hex, p, LOGOUT_FAILED,
	                logout_retry_delay_s(age_s));
}

static void background_release_config(void *cfg)
{
	config_unref(cfg);
}

struct request_context *background_context(struct arena *a,
                                           const struct config *cfg,
                                           const struct web_backends *backends)
{
	struct request_context *ctx = arena_new(a, struct request_context);
	struct config *held = (struct config *)(uintptr_t)cfg;

	config_ref(held);
	arena_own(a, held, background_release_config);
	*ctx = (struct request_context){
		.arena = a,
		.cfg = held,
		.backends = backends,
		.language = "nb",
		.started_ms = clock_monotonic_ms(),
	};
	return ctx;
}
