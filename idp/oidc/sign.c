/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signer_client.c: requests to portvakt-signer: signed tokens and subject
 * identifiers (OpenID Connect Core 8). */
#include "idp/oidc/sign.h"

#include <pthread.h>
#include <string.h>

#include "lib/hash.h"

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

json_t *sign_question(struct arena *a, const struct service *s, const char *use,
                      json_t *claims)
{
	return js_keep(a,
	               json_pack("{s:s, s:s, s:s, s:O}", "issuer",
	                         s->issuer->name, "alg", s->oidc->id_token_alg,
	                         "use", use, "claims", claims));
}

bool oidc_sign_token(struct visit *v, const struct service *s, const char *use,
                     json_t *claims, char **ret_token, struct fault *why)
{
	json_t *question = sign_question(v->arena, s, use, claims);
	json_t *answer;

	return ask(v->staff->keeper, v->arena, ASK_SIGN_TOKEN, v->region->hash,
	           question, &answer, why) &&
	       keeper_said(v, answer, "token", ret_token, why);
}

/* ---- subject identifiers ---- */

enum { REMEMBERED = 1024, SUB_LENGTH = 43 };

/* The reply to a request never changes, so it is cached by the hash of the
 * request. */
static struct remembered {
	unsigned char of[HASH_SHA256];
	char sub[SUB_LENGTH + 1];
} shelf[REMEMBERED];
static pthread_mutex_t shelf_lock = PTHREAD_MUTEX_INITIALIZER;

static struct remembered *place_of(const unsigned char of[HASH_SHA256])
{
	size_t at;

	memcpy(&at, of, sizeof(at));
	return &shelf[at % REMEMBERED];
}

static char *find_remembered(struct arena *a,
                             const unsigned char of[HASH_SHA256])
{
	const struct remembered *r = place_of(of);
	char *sub = NULL;

	(void)pthread_mutex_lock(&shelf_lock);
	if (*r->sub && memcmp(r->of, of, HASH_SHA256) == 0)
		sub = arena_copy(a, r->sub);
	(void)pthread_mutex_unlock(&shelf_lock);
	return sub;
}

static void remember(const unsigned char of[HASH_SHA256], const char *sub)
{
	struct remembered *r = place_of(of);

	if (strlen(sub) != SUB_LENGTH)
		return;
	(void)pthread_mutex_lock(&shelf_lock);
	memcpy(r->of, of, HASH_SHA256);
	memcpy(r->sub, sub, SUB_LENGTH + 1);
	(void)pthread_mutex_unlock(&shelf_lock);
}

bool sign_subject(struct visit *v, const struct service *s,
                  const struct person *p, const struct affiliation *f,
                  char **ret_sub, struct fault *why)
{
	const char *id =
	    s->subject == SUBJECT_AFFILIATION ? f->id : person_known_as(p, f);
	unsigned char of[HASH_SHA256];
	json_t *answer;
	json_t *question =
	    js_keep(v->arena, json_pack("{s:s, s:s, s:s, s:s}", "issuer",
	                                s->issuer->name, "kind", "sub",
	                                "sector", s->oidc->sector, "id", id));
	const char *text = js_write(v->arena, question);

	hash_sha256(text, strlen(text), of);
	char *sub = find_remembered(v->arena, of);

	if (!sub && (!ask(v->staff->keeper, v->arena, ASK_SUBJECT,
	                  v->region->hash, question, &answer, why) ||
	             !keeper_said(v, answer, "value", &sub, why)))
		return false;
	remember(of, sub);
	*ret_sub = sub;
	return true;
}
