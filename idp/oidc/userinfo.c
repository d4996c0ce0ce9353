/* SPDX-License-Identifier: AGPL-3.0-or-later
 * userinfo.c: the UserInfo endpoint (OpenID Connect Core 5.3): the claims of
 * the access token's grant, as they were when it was issued. */
#include "idp/oidc/oidc.h"

#include <string.h>
#include <strings.h>

#include "idp/oidc/access.h"
#include "idp/oidc/refusal.h"
#include "idp/oidc/scope.h"

/* RFC 6750 2.1 and 2.2: the token is in the header or the form, not in both;
 * never in the query (2.3), which appears in logs and Referer. */
static bool find_token(struct visit *v, const char **ret_token)
{
	const char *header = request_header(v->request, "authorization");
	const char *form = request_form(v->request, "access_token");

	if (request_query(v->request, "access_token"))
		return refuse_bearer(v, INVALID_REQUEST,
		                     "a token does not belong in an address");
	if (header && form)
		return refuse_bearer(v, INVALID_REQUEST, "two tokens");
	if (header && strncasecmp(header, "Bearer ", 7) != 0)
		return refuse_bearer(v, NULL, NULL);
	const char *token = header ? header + 7 : form;

	if (!token || !*token)
		return refuse_bearer(v, NULL, NULL);
	*ret_token = token;
	return true;
}

static bool answer_userinfo(struct visit *v, const struct grant *g)
{
	json_t *body = js_keep(v->arena, json_object());

	if (g->claims)
		(void)json_object_update(body, g->claims);
	js_put(body, "sub", g->sub);
	answer_json(v->answer, 200, body);
	return true;
}

void oidc_userinfo(struct visit *v)
{
	const struct grant *g;
	struct fault why = { 0 };
	const char *token;
	int64_t until;

	if (!refuse_other_methods(v, METHOD_GET | METHOD_POST) ||
	    !find_token(v, &token))
		return;
	if (!access_find(v, token, &g, &until, &why))
		(void)refuse_away(v, &why);
	else if (!g)
		(void)refuse_bearer(v, INVALID_TOKEN,
		                    "unknown, too old, or its session ended");
	else if (!g->sid || !scope_has(g->scope, "openid"))
		(void)refuse_bearer(v, INSUFFICIENT_SCOPE,
		                    "the token is about no person");
	else
		(void)answer_userinfo(v, g);
}
