/* SPDX-License-Identifier: AGPL-3.0-or-later
 * revocation_endpoint.c: token revocation (RFC 7009).  token_type_hint is
 * ignored: a refresh token contains a dot, an access token does not. */
#include "idp/oidc/oidc.h"

#include <string.h>

#include "idp/oidc/access.h"
#include "idp/oidc/client.h"
#include "idp/oidc/refresh.h"
#include "idp/oidc/refusal.h"
#include "lib/hash.h"

static bool refuse_foreign(struct visit *v)
{
	return oidc_refuse(v, INVALID_GRANT, "the token is another client's");
}

static bool end_family(struct visit *v, const struct service *s,
                       const char *token)
{
	struct fault why = { 0 };
	struct family *f;

	if (!refresh_find(v, token, &f, &why))
		return refuse_away(v, &why);
	/* A replaced secret revokes the family too: its holder had a token. */
	if (!f)
		return true;
	if (!grant_is_for(v, f->grant, s))
		return refuse_foreign(v);
	return refresh_end(v, refresh_hash(v->arena, f), &why) ||
	       refuse_away(v, &why);
}

static bool end_access(struct visit *v, const struct service *s,
                       const char *token)
{
	const struct grant *g;
	struct fault why = { 0 };
	int64_t until;

	if (!access_find(v, token, &g, &until, &why))
		return refuse_away(v, &why);
	if (!g)
		return true;
	if (!grant_is_for(v, g, s))
		return refuse_foreign(v);
	return access_drop(v, hash_hex(v->arena, token, strlen(token)), &why) ||
	       refuse_away(v, &why);
}

void oidc_revoke(struct visit *v)
{
	const char *token = request_form(v->request, "token");
	const struct service *s;

	if (!refuse_other_forms(v) || !client_find_proved(v, &s))
		return;
	if (!token || !*token) {
		(void)oidc_refuse(v, INVALID_REQUEST, "token is missing");
		return;
	}
	if (strchr(token, '.') ? end_family(v, s, token)
	                       : end_access(v, s, token))
		answer_text(v->answer, 200, "application/json", "{}", 2);
}
