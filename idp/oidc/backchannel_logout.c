/* SPDX-License-Identifier: AGPL-3.0-or-later
 * backchannel_logout.c: OpenID Connect Back-Channel Logout: one attempt with a
 * timeout of a second while the person waits; the rest is in logout_retry.c. */
#include "idp/oidc/logout.h"

#include "idp/oauth/signer_client.h"
#include "idp/oidc/logout_retry.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/random.h"

/* Back-Channel Logout 2.4: "preferably at most two minutes in the future". */
enum { LOGOUT_TOKEN_LIFETIME_S = 120, FIRST_ATTEMPT_MS = 1000 };

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

static bool backchannel_logout_form(
    struct request_context *ctx, const struct service *s,
    const struct session *session,
    const struct session_participant *participant, char **ret_form,
    struct error *err)
{
	const char *sid =
	    s->oidc->backchannel_logout_session_required ? session->sid : NULL;
	json_t *claims = logout_token_claims(
	    ctx->arena, s, participant->name_id, sid, clock_now());
	char *token;

	if (!signer_sign_token(ctx, s, TOKEN_KIND_LOGOUT, claims, &token, err))
		return false;
	*ret_form = arena_printf(ctx->arena, "logout_token=%s",
	                         escape_string(ctx->arena, escape_url, token));
	return true;
}

enum logout_status backchannel_logout_send(
    struct request_context *ctx, const struct session *s,
    const struct session_participant *participant, const char *relay_state,
    const char **ret_url)
{
	const struct service *service =
	    config_service(ctx->cfg, participant->service);
	struct error err = { 0 };
	char *form;

	(void)relay_state;
	(void)ret_url;
	if (!service || !service->oidc ||
	    !service->oidc->backchannel_logout_uri)
		return LOGOUT_UNSUPPORTED;
	if (!backchannel_logout_form(ctx, service, s, participant, &form,
	                             &err)) {
		log_event(LOG_LOGOUT_BACKCHANNEL_FAILED, "service",
		          service->name, "error", err.text, NULL);
		return LOGOUT_FAILED;
	}
	if (backchannel_logout_post(ctx->arena,
	                            service->oidc->backchannel_logout_uri, form,
	                            FIRST_ATTEMPT_MS, &err))
		return LOGOUT_DONE;
	log_event(LOG_LOGOUT_BACKCHANNEL_RETRY, "service", service->name,
	          "error", err.text, NULL);
	logout_retry_enqueue(service->name,
	                     service->oidc->backchannel_logout_uri, form);
	return LOGOUT_FAILED;
}
