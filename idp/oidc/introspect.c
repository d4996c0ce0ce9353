/* SPDX-License-Identifier: AGPL-3.0-or-later
 * introspection.c: token introspection (RFC 7662).  A token of another client
 * is reported as inactive (RFC 7662 2.2). */
#include "idp/oidc/oidc.h"

#include <string.h>

#include "idp/oidc/access.h"
#include "idp/oidc/client.h"
#include "idp/oidc/refresh.h"
#include "idp/oidc/refusal.h"
#include "lib/clock.h"
#include "lib/text.h"

struct worth {
	const struct grant *grant; /* NULL: inactive */
	int64_t until;
	const char *type; /* NULL: a refresh token */
};

static bool look_at_access(struct visit *v, const char *token,
                           struct worth *ret, struct fault *why)
{
	ret->type = "Bearer";
	return access_find(v, token, &ret->grant, &ret->until, why);
}

static bool look_at_family(struct visit *v, const char *token,
                           struct worth *ret, struct fault *why)
{
	struct family *f;

	if (!refresh_find(v, token, &f, why))
		return false;
	if (!f || !f->is_current || f->until <= clock_now())
		return true;
	if (f->grant->lives)
		*ret = (struct worth){ .grant = f->grant, .until = f->until };
	return true;
}

static void answer_worth(struct visit *v, const struct worth *w)
{
	json_t *body = js_keep(v->arena, json_object());

	(void)json_object_set_new(body, "active", json_boolean(w->grant));
	if (w->grant) {
		js_put(body, "iss", v->issuer->url);
		js_put(body, "sub", w->grant->sub);
		js_put(body, "aud", w->grant->client);
		js_put(body, "client_id", w->grant->client);
		js_put(body, "scope", w->grant->scope);
		js_put(body, "token_type", w->type);
		(void)json_object_set_new(body, "iat",
		                          json_integer(w->grant->at));
		(void)json_object_set_new(body, "exp", json_integer(w->until));
	}
	answer_json(v->answer, 200, body);
}

void oidc_introspect(struct visit *v)
{
	const char *token = request_form(v->request, "token");
	const struct service *s;
	struct fault why = { 0 };
	struct worth w = { 0 };

	if (!refuse_other_forms(v) || !client_find_confidential(v, &s))
		return;
	if (!token || !*token) {
		(void)oidc_refuse(v, INVALID_REQUEST, "token is missing");
		return;
	}
	if (!(strchr(token, '.') ? look_at_family(v, token, &w, &why)
	                         : look_at_access(v, token, &w, &why))) {
		(void)refuse_away(v, &why);
		return;
	}
	if (w.grant && !grant_is_for(v, w.grant, s))
		w.grant = NULL;
	answer_worth(v, &w);
}
