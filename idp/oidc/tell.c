/* SPDX-License-Identifier: AGPL-3.0-or-later
 * tell.c: telling a service that a session is over (OpenID Connect
 * Back-Channel Logout).  Once while the person waits, for a second; what is
 * not taken then is told again in the background while the token is good. */
#include "idp/oidc/logout.h"

#include <unistd.h>

#include "idp/oidc/sign.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/fetch.h"
#include "lib/log.h"
#include "lib/random.h"
#include "lib/text.h"
#include "lib/work.h"

/* Back-Channel Logout 2.4: "preferably at most two minutes in the future". */
enum { TOKEN_LIFE = 120, FIRST_MS = 1000, AGAIN_MS = 3000 };

static const unsigned pauses[] = { 1, 4, 15 };

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

/* The address stands in the region's own files, and services live inside. */
static bool post(struct arena *a, const char *url, const char *form,
                 int64_t milliseconds, struct fault *why)
{
	const struct fetch f = {
		.url = url,
		.form = form,
		.milliseconds = milliseconds,
		.inside = true,
		.plain = true,
	};
	struct fetched got;

	if (!fetch_do(a, &f, &got, why))
		return false;
	/* 2.8: 200; some answer 204. */
	return got.status == 200 || got.status == 204 ||
	       fault(why, FAULT_UNAVAILABLE, "it answered %ld", got.status);
}

/* ---- again, later
 * ---------------------------------------------------------------- */

struct errand {
	struct arena *arena;
	const char *service, *url, *form;
};

static void tell_again(void *thing)
{
	struct errand *e = thing;
	struct fault why = { 0 };
	bool told = false;

	for (size_t i = 0; i < LENGTH(pauses) && !told; i++) {
		(void)sleep(pauses[i]);
		told = post(e->arena, e->url, e->form, AGAIN_MS, &why);
	}
	if (told)
		log_info("logout told late", "service", e->service, NULL);
	else
		log_warn("logout not told", "service", e->service, "why",
		         why.text, NULL);
	arena_close(e->arena);
}

static void leave_errand(struct visit *v, const struct service *s,
                         const char *form)
{
	struct arena *a = arena_open();
	struct errand *e = arena_new(a, struct errand);

	*e = (struct errand){
		.arena = a,
		.service = arena_copy(a, s->name),
		.url = arena_copy(a, s->oidc->back_channel),
		.form = arena_copy(a, form),
	};
	if (v->staff->errands && work_add(v->staff->errands, tell_again, e))
		return;
	log_warn("logout not told", "service", s->name, "why",
	         "too many are waiting", NULL);
	arena_close(a);
}

/* ---- now
 * ---------------------------------------------------------------------------
 */

static bool make_form(struct visit *v, const struct service *s,
                      const struct session *session, const struct part *p,
                      char **ret_form, struct fault *why)
{
	const char *sid = s->oidc->back_channel_session ? session->sid : NULL;
	json_t *claims =
	    logout_claims(v->arena, s, p->name_id, sid, clock_now());
	char *token;

	if (!sign_token(v, s, "logout", claims, &token, why))
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
	if (post(v->arena, service->oidc->back_channel, form, FIRST_MS, &why))
		return TOLD_YES;
	log_info("logout will be told again", "service", service->name, "why",
	         why.text, NULL);
	leave_errand(v, service, form);
	return TOLD_AWAY;
}
