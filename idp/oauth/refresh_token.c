/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refresh_token.c: refresh token rotation (RFC 9700 4.14.2).  Redis holds per
 * family the hash of the current secret and those of the access tokens. */
#include "idp/oauth/refresh_token.h"

#include <string.h>

#include "idp/oauth/access_token.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/strbuf.h"

/* Valid access tokens per family; older ones are revoked. */
enum { FAMILY_ACCESS_TOKENS_MAX = 8 };

static int64_t refresh_token_expires_at(const struct request_context *ctx,
                                        const struct grant *g)
{
	return g->auth_time + ctx->cfg->session_store.max_lifetime;
}

bool refresh_token_may_create(const struct request_context *ctx,
                              const struct grant *g)
{
	return refresh_token_expires_at(ctx, g) > clock_now();
}

/* Drops expired access tokens from list and revokes the oldest ones until one
 * more fits. */
static bool refresh_token_prune_access(struct request_context *ctx,
                                       json_t *list, struct error *err)
{
	while (js_number(json_array_get(list, 0), "until", 0) <= clock_now() &&
	       json_array_size(list) > 0)
		(void)json_array_remove(list, 0);
	while (json_array_size(list) >= FAMILY_ACCESS_TOKENS_MAX) {
		const char *oldest = js_string(json_array_get(list, 0), "hash");

		if (oldest && !access_token_revoke(ctx, oldest, err))
			return false;
		(void)json_array_remove(list, 0);
	}
	return true;
}

/* Returns the family's value with secret as the current one and access added to
 * list. */
static json_t *refresh_token_family_value(struct request_context *ctx,
                                          const struct grant *g,
                                          const char *secret, json_t *list,
                                          const struct unsaved_token *access)
{
	json_t *value = grant_to_json(ctx->arena, g);

	(void)json_array_append_new(
	    list,
	    json_pack("{s:s, s:I}", "hash", access->hash, "until",
	              (json_int_t)(clock_now() + ACCESS_TOKEN_LIFETIME_S)));
	js_set_string(value, "current",
	              hash_sha256_base64url(ctx->arena, secret));
	(void)json_object_set_new(
	    value, "until", json_integer(refresh_token_expires_at(ctx, g)));
	(void)json_object_set(value, "access", list);
	return value;
}

struct unsaved_token refresh_token_create(struct request_context *ctx,
                                          const struct grant *g,
                                          const struct unsaved_token *access)
{
	const char *family = random_secret(ctx->arena);
	const char *secret = random_secret(ctx->arena);
	json_t *list = js_own(ctx->arena, json_array());
	json_t *value =
	    refresh_token_family_value(ctx, g, secret, list, access);

	return (struct unsaved_token){
		.item = { "refresh", family, value,
		          refresh_token_expires_at(ctx, g) - clock_now() },
		.token = arena_printf(ctx->arena, "%s.%s", family, secret),
		.hash = hash_sha256_hex(ctx->arena, family, strlen(family)),
	};
}

static bool refresh_token_is_current(struct arena *a, const json_t *value,
                                     const char *secret)
{
	return hash_equal_strings(js_string(value, "current"),
	                          hash_sha256_base64url(a, secret));
}

bool refresh_token_lookup(struct request_context *ctx, const char *token,
                          struct refresh_token_family **ret_family,
                          struct error *err)
{
	const char *dot = strchr(token, '.');
	const struct grant *g;
	json_t *value;

	*ret_family = NULL;
	if (!dot || dot == token)
		return true;
	const char *id = arena_memdup(ctx->arena, token, (size_t)(dot - token));

	if (!grant_lookup(ctx, "refresh", id, &value, &g, err))
		return false;
	if (!g)
		return true;
	struct refresh_token_family *f =
	    arena_new(ctx->arena, struct refresh_token_family);

	*f = (struct refresh_token_family){
		.id = id,
		.grant = g,
		.expires_at = js_number(value, "until", 0),
		.stored_value = value,
		.is_current =
		    refresh_token_is_current(ctx->arena, value, dot + 1),
	};
	*ret_family = f;
	return true;
}

/* A rotation with a new secret. */
struct refresh_token_rotation {
	const struct refresh_token_family *family;
	const struct unsaved_token *access;
	struct store_token_request *signing;
	const char *secret;
};

static struct store_item refresh_token_next(
    struct request_context *ctx, const struct refresh_token_rotation *r,
    json_t *list)
{
	return (struct store_item){
		"refresh",
		r->family->id,
		refresh_token_family_value(ctx, r->family->grant, r->secret,
		                           list, r->access),
		r->family->expires_at - clock_now(),
	};
}

/* One that stayed would not be revoked with its family. */
_Static_assert((int)FAMILY_ACCESS_TOKENS_MAX <= (int)STORE_CAS_MAX_REPLACED,
               "all access tokens of a family can be replaced");

/* With a full Redis the new access token replaces all earlier ones of the
 * family, so a family never takes more than it did with one of them. */
static bool refresh_token_rotate_in_place(
    struct request_context *ctx, const struct refresh_token_rotation *r,
    bool *ret_done, struct error *err)
{
	const json_t *stored = js_array(r->family->stored_value, "access");
	const struct store_item next =
	    refresh_token_next(ctx, r, js_own(ctx->arena, json_array()));
	const char *replaced[STORE_CAS_MAX_REPLACED];
	size_t i, count = 0;
	json_t *entry;

	json_array_foreach(stored, i, entry)
	{
		const char *hash = js_string(entry, "hash");

		if (hash && count < STORE_CAS_MAX_REPLACED)
			replaced[count++] = hash;
	}
	*err = (struct error){ 0 };
	return store_cas_in_place(
	    ctx->backends->store, ctx->cfg, r->family->stored_value, &next,
	    &r->access->item, replaced, count, r->signing, ret_done, err);
}

static bool refresh_token_rotate_store(struct request_context *ctx,
                                       const struct refresh_token_rotation *r,
                                       bool *ret_done, struct error *err)
{
	json_t *list = js_own(ctx->arena, json_array());

	(void)json_array_extend(list,
	                        js_array(r->family->stored_value, "access"));
	if (!refresh_token_prune_access(ctx, list, err))
		return false;
	const struct store_item next = refresh_token_next(ctx, r, list);

	return store_cas_multi(ctx->backends->store, ctx->cfg,
	                       r->family->stored_value, &next, &r->access->item,
	                       1, r->signing, ret_done, err) ||
	       (store_error_is_full(err) &&
	        refresh_token_rotate_in_place(ctx, r, ret_done, err));
}

bool refresh_token_rotate(struct request_context *ctx,
                          const struct refresh_token_family *f,
                          const struct unsaved_token *access,
                          struct store_token_request *signing, char **ret_token,
                          bool *ret_done, struct error *err)
{
	const struct refresh_token_rotation r = { f, access, signing,
		                                  random_secret(ctx->arena) };

	if (!refresh_token_rotate_store(ctx, &r, ret_done, err))
		return false;
	grant_prefetch_hint(ctx, f->grant, access->token);
	*ret_token = arena_printf(ctx->arena, "%s.%s", f->id, r.secret);
	return true;
}

bool refresh_token_revoke_family(struct request_context *ctx, const char *hash,
                                 struct error *err)
{
	json_t *value, *entry;
	size_t i;

	if (!store_get_hashed(ctx->backends->store, ctx->cfg, ctx->arena,
	                      "refresh", hash, &value, err))
		return false;
	json_array_foreach(js_array(value, "access"), i, entry)
	{
		const char *access = js_string(entry, "hash");

		if (access && !access_token_revoke(ctx, access, err))
			return false;
	}
	return store_delete_hashed(ctx->backends->store, ctx->cfg, "refresh",
	                           hash, err);
}

char *refresh_token_family_hash(struct arena *a,
                                const struct refresh_token_family *f)
{
	return hash_sha256_hex(a, f->id, strlen(f->id));
}
