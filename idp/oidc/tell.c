/* SPDX-License-Identifier: AGPL-3.0-or-later
 * backchannel_logout.c: OpenID Connect Back-Channel Logout: one attempt with a
 * timeout of a second while the person waits; the rest is in logout_retry.c. */
#include "idp/oidc/logout.h"

#include "idp/oidc/again.h"
#include "idp/oidc/sign.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/random.h"

/* Back-Channel Logout 2.4: "preferably at most two minutes in the future". */
enum { TOKEN_LIFE = 120, FIRST_MS = 1000 };

json_t *logout_claims(struct arena *a, const struct service *s, const char *sub,
                      const char *sid, int64_t now)
{
	json_t *claims = js_keep(
	    a, json_pack("{s:{s:{}}}", "events",
	                 "http://schemas.openid.net/event/backchannel-logout"));

	js_put(claims, "iss", s->issuer->url);
	js_put(claims, "aud", s->oidc->id);
	(void)json_object_set_new(claims, "iat", json_integer(now));
	(void)json_object_set_new(claims, "exp",
	                          json_integer(now + TOKEN_LIFE));
	js_put(claims, "jti", random_secret(a));
	js_put(claims, "sub", sub);
	js_put(claims, "sid", sid);
	return claims;
}

/* ---- the request ---- */

static bool make_form(struct visit *v, const struct service *s,
                      const struct session *session, const struct part *p,
                      char **ret_form, struct fault *why)
{
	const char *sid = s->oidc->back_channel_session ? session->sid : NULL;
	json_t *claims =
	    logout_claims(v->arena, s, p->name_id, sid, clock_now());
	char *token;

	if (!oidc_sign_token(v, s, "logout", claims, &token, why))
		return false;
	*ret_form = arena_print(v->arena, "logout_token=%s",
	                        escaped(v->arena, escape_url, token));
	return true;
}

enum told logout_tell(struct visit *v, const struct session *s,
                      const struct part *p, const char *leave,
                      const char **ret_address)
{
	const struct service *service = region_service(v->region, p->service);
	struct fault why = { 0 };
	char *form;

	(void)leave;
	(void)ret_address;
	if (!service || !service->oidc || !service->oidc->back_channel)
		return TOLD_CANNOT;
	if (!make_form(v, service, s, p, &form, &why)) {
		log_warn("logout not told", "service", service->name, "why",
		         why.text, NULL);
		return TOLD_AWAY;
	}
	if (again_post(v->arena, service->oidc->back_channel, form, FIRST_MS,
	               &why))
		return TOLD_YES;
	log_info("logout will be told again", "service", service->name, "why",
	         why.text, NULL);
	again_later(service->name, service->oidc->back_channel, form);
	return TOLD_AWAY;
}
