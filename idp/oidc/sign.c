/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sign.c: what OpenID Connect asks of the keeper. */
#include "idp/oidc/sign.h"

#include "lib/text.h"

static bool keeper_said(struct visit *v, const json_t *answer, const char *name,
                        char **ret_text, struct fault *why)
{
	const char *text = js_string(answer, name);

	if (!text || !*text)
		return fault_for(why, FAULT_UNAVAILABLE, "keeper-away",
		                 "the keeper gave no %s", name);
	*ret_text = arena_copy(v->arena, text);
	return true;
}

bool sign_token(struct visit *v, const struct service *s, const char *use,
                json_t *claims, char **ret_token, struct fault *why)
{
	json_t *answer;
	json_t *question = js_keep(
	    v->arena,
	    json_pack("{s:s, s:s, s:s, s:O}", "issuer", s->issuer->name, "alg",
	              s->oidc->id_token_alg, "use", use, "claims", claims));

	return ask(v->staff->keeper, v->arena, ASK_SIGN_TOKEN, v->region->hash,
	           question, &answer, why) &&
	       keeper_said(v, answer, "token", ret_token, why);
}

bool sign_subject(struct visit *v, const struct service *s,
                  const struct person *p, const struct affiliation *f,
                  char **ret_sub, struct fault *why)
{
	const char *id = s->subject == SUBJECT_AFFILIATION ? f->id : p->id;
	json_t *answer;
	json_t *question =
	    js_keep(v->arena, json_pack("{s:s, s:s, s:s, s:s}", "issuer",
	                                s->issuer->name, "kind", "sub",
	                                "sector", s->oidc->sector, "id", id));

	return ask(v->staff->keeper, v->arena, ASK_SUBJECT, v->region->hash,
	           question, &answer, why) &&
	       keeper_said(v, answer, "value", ret_sub, why);
}
