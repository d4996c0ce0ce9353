/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signer_client.c: requests to portvakt-signer: signed tokens and subject
 * identifiers (OpenID Connect Core 8). */
#include "idp/oauth/signer_client.h"

#include <pthread.h>
#include <string.h>

#include "lib/hash.h"

static bool signer_reply_string(struct request_context *ctx,
                                const json_t *reply, const char *name,
                                char **ret_text, struct error *err)
{
	const char *text = js_string(reply, name);

	if (!text || !*text)
		return error_set_reason(err, ERROR_UNAVAILABLE,
		                        "signer-unavailable",
		                        "signer returned no %s", name);
	*ret_text = arena_strdup(ctx->arena, text);
	return true;
}

json_t *signer_token_request(struct arena *a, const struct service *s,
                             const char *use, json_t *claims)
{
	return js_own(a, json_pack("{s:s, s:s, s:s, s:O}", "issuer",
	                           s->issuer->name, "alg",
	                           s->oidc->id_token_signed_response_alg, "use",
	                           use, "claims", claims));
}

bool signer_sign_token(struct request_context *ctx, const struct service *s,
                       const char *use, json_t *claims, char **ret_token,
                       struct error *err)
{
	json_t *request = signer_token_request(ctx->arena, s, use, claims);
	json_t *reply;

	return ipc_call(ctx->backends->signer, ctx->arena, IPC_SIGN_TOKEN,
	                ctx->cfg->hash, request, &reply, err) &&
	       signer_reply_string(ctx, reply, "token", ret_token, err);
}

/* ---- subject identifiers ---- */

enum { SUBJECT_CACHE_SIZE = 1024, SUB_LENGTH = 43 };

/* The reply to a request never changes, so it is cached by the hash of the
 * request. */
static struct cached_subject {
	unsigned char key[HASH_SHA256_SIZE];
	char sub[SUB_LENGTH + 1];
} subject_cache[SUBJECT_CACHE_SIZE];
static pthread_mutex_t subject_cache_lock = PTHREAD_MUTEX_INITIALIZER;

static struct cached_subject *subject_cache_slot(
    const unsigned char key[HASH_SHA256_SIZE])
{
	size_t index;

	memcpy(&index, key, sizeof(index));
	return &subject_cache[index % SUBJECT_CACHE_SIZE];
}

static char *subject_cache_find(struct arena *a,
                                const unsigned char key[HASH_SHA256_SIZE])
{
	const struct cached_subject *slot = subject_cache_slot(key);
	char *sub = NULL;

	(void)pthread_mutex_lock(&subject_cache_lock);
	if (*slot->sub && memcmp(slot->key, key, HASH_SHA256_SIZE) == 0)
		sub = arena_strdup(a, slot->sub);
	(void)pthread_mutex_unlock(&subject_cache_lock);
	return sub;
}

static void subject_cache_store(const unsigned char key[HASH_SHA256_SIZE],
                                const char *sub)
{
	struct cached_subject *slot = subject_cache_slot(key);

	if (strlen(sub) != SUB_LENGTH)
		return;
	(void)pthread_mutex_lock(&subject_cache_lock);
	memcpy(slot->key, key, HASH_SHA256_SIZE);
	memcpy(slot->sub, sub, SUB_LENGTH + 1);
	(void)pthread_mutex_unlock(&subject_cache_lock);
}

bool subject_identifier(struct request_context *ctx, const struct service *s,
                        const struct person *p, const struct affiliation *f,
                        char **ret_sub, struct error *err)
{
	const char *id = s->subject == SUBJECT_AFFILIATION
	                     ? f->id
	                     : person_subject_source_id(p, f);
	unsigned char key[HASH_SHA256_SIZE];
	json_t *reply;
	json_t *request = js_own(
	    ctx->arena,
	    json_pack("{s:s, s:s, s:s, s:s}", "issuer", s->issuer->name, "kind",
	              "sub", "sector", s->oidc->sector_identifier, "id", id));
	const char *text = js_dump(ctx->arena, request);

	hash_sha256(text, strlen(text), key);
	char *sub = subject_cache_find(ctx->arena, key);

	if (!sub && (!ipc_call(ctx->backends->signer, ctx->arena,
	                       IPC_SUBJECT_IDENTIFIER, ctx->cfg->hash, request,
	                       &reply, err) ||
	             !signer_reply_string(ctx, reply, "value", &sub, err)))
		return false;
	subject_cache_store(key, sub);
	*ret_sub = sub;
	return true;
}
