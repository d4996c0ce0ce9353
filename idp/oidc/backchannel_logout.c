/* SPDX-License-Identifier: AGPL-3.0-or-later
 * backchannel_logout.c: OpenID Connect Back-Channel Logout: one attempt, with a
 * logout token of its own, because a token is valid for two minutes. */
#include "idp/oidc/logout.h"

#include "idp/oauth/signer_client.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/http_client.h"
#include "lib/log.h"
#include "lib/random.h"

/* Back-Channel Logout 2.4: "preferably at most two minutes in the future". */
enum { LOGOUT_TOKEN_LIFETIME_S = 120 };

json_t *logout_token_claims(struct arena *a, const struct service *s,
                            const char *sub, const char *sid, int64_t now)
{
	json_t *claims = js_own(
	    a, json_pack("{s:{s:{}}}", "events",
	                 "http://schemas.openid.net/event/backchannel-logout"));

	js_set_string(claims, "iss", s->issuer->url);
	js_set_string(claims, "aud", s->oidc->id);
	(void)json_object_set_new(claims, "iat", json_integer(now));
	(void)json_object_set_new(claims, "exp",
	                          json_integer(now + LOGOUT_TOKEN_LIFETIME_S));
	js_set_string(claims, "jti", random_secret(a));
	js_set_string(claims, "sub", sub);
	js_set_string(claims, "sid", sid);
	return claims;
}

/* ---- the request ---- */

static bool backchannel_logout_form(struct request_context *ctx,
                                    const struct service *s,
                                    const struct logout_notice *notice,
                                    char **ret_form, struct error *err)
{
	const char *sid =
	    s->oidc->backchannel_logout_session_required ? notice->sid : NULL;
	json_t *claims = logout_token_claims(
	    ctx->arena, s, notice->participant->name_id, sid, clock_now());
	char *token;

	if (!signer_sign_token(ctx, s, TOKEN_KIND_LOGOUT, claims, &token, err))
		return false;
	*ret_form = arena_printf(ctx->arena, "logout_token=%s",
	                         escape_string(ctx->arena, escape_url, token));
	return true;
}

/* Returns false unless the response is 200 or 204. */
static bool backchannel_logout_post(struct request_context *ctx,
                                    const char *url, const char *form,
                                    int timeout_ms, struct error *err)
{
	const struct http_client_request request = {
		.url = url,
		.form_body = form,
		.ca_file = ctx->cfg->backchannel_ca_file,
		.timeout_ms = timeout_ms,
	};
	struct http_client_response response;

	if (!http_client_send(ctx->arena, &request, &response, err))
		return false;
	/* Back-Channel Logout 2.8 requires 200; some clients return 204. */
	return response.status == 200 || response.status == 204 ||
	       error_set(err, ERROR_UNAVAILABLE, "unexpected HTTP status %ld",
	                 response.status);
}

enum logout_status backchannel_logout_send(struct request_context *ctx,
                                           const struct logout_notice *notice,
                                           const char **ret_url)
{
	const struct service *service =
	    config_service(ctx->cfg, notice->participant->service);
	struct error err = { 0 };
	char *form;

	(void)ret_url;
	if (!service || !service->oidc ||
	    !service->oidc->backchannel_logout_uri)
		return LOGOUT_UNSUPPORTED;
	if (backchannel_logout_form(ctx, service, notice, &form, &err) &&
	    backchannel_logout_post(ctx, service->oidc->backchannel_logout_uri,
	                            form, notice->timeout_ms, &err))
		return LOGOUT_DONE;
	log_event(LOG_LOGOUT_BACKCHANNEL_RETRY, "service", service->name,
	          "error", err.text, NULL);
	return LOGOUT_FAILED;
}
