/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signer_client.c: requests to portvakt-signer: signed tokens and subject
 * identifiers (OpenID Connect Core 8). */
#include "idp/oauth/signer_client.h"

#include <pthread.h>
#include <string.h>

#include "lib/hash.h"

const struct sign_token_request *signer_token_request(struct arena *a,
                                                      const struct service *s,
                                                      enum token_kind use,
                                                      json_t *claims)
{
	struct sign_token_request *request =
	    arena_new(a, struct sign_token_request);

	*request = (struct sign_token_request){
		.issuer = s->issuer->name,
		.alg = s->oidc->id_token_signed_response_alg,
		.use = use,
		.claims = claims,
	};
	return request;
}

bool signer_sign_token(struct request_context *ctx, const struct service *s,
                       enum token_kind use, json_t *claims, char **ret_token,
                       struct error *err)
{
	struct sign_token_reply reply;

	if (!sign_token_call(ctx->backends->signer, ctx->arena, ctx->cfg->hash,
	                     signer_token_request(ctx->arena, s, use, claims),
	                     &reply, err))
		return false;
	*ret_token = arena_strdup(ctx->arena, reply.token);
	return true;
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

/* A newline is in none of them. */
static void subject_cache_key(struct arena *a,
                              const struct subject_identifier_request *request,
                              unsigned char ret[HASH_SHA256_SIZE])
{
	const char *text = arena_printf(a, "%s\n%s\n%s", request->issuer,
	                                request->sector, request->id);

	hash_sha256(text, strlen(text), ret);
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
	const struct subject_identifier_request request = {
		.issuer = s->issuer->name,
		.kind = SUBJECT_KIND_SUB,
		.sector = s->oidc->sector_identifier,
		.id = id,
	};
	struct subject_identifier_reply reply;
	unsigned char key[HASH_SHA256_SIZE];

	subject_cache_key(ctx->arena, &request, key);
	char *sub = subject_cache_find(ctx->arena, key);

	if (!sub) {
		if (!subject_identifier_call(ctx->backends->signer, ctx->arena,
		                             ctx->cfg->hash, &request, &reply,
		                             err))
			return false;
		sub = arena_strdup(ctx->arena, reply.value);
		subject_cache_store(key, sub);
	}
	*ret_sub = sub;
	return true;
}
