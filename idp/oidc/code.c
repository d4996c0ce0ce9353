/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorization_code.c: authorization codes in Redis.  Redeeming a code is a
 * compare-and-set to a marker with the hashes of the tokens issued: one request
 * succeeds, and each other one, also a concurrent one, finds the marker and
 * revokes the tokens (RFC 6749 4.1.2: "SHOULD revoke all tokens previously
 * issued based on that code"). */
#include "idp/oidc/code.h"

#include "lib/random.h"

enum { LIFE = 60, REMEMBERED = 10 * 60 };

bool code_give(struct visit *v, const struct code *what, char **ret_code,
               struct fault *why)
{
	json_t *value = grant_write(v->arena, what->grant);
	char *code = random_secret(v->arena);

	js_put(value, "redirect", what->redirect);
	js_put(value, "challenge", what->challenge);
	js_put(value, "nonce", what->nonce);
	if (!store_put(v->staff->store, v->region, "code", code, value, LIFE,
	               false, NULL, why))
		return false;
	grant_expect(v, what->grant, code);
	*ret_code = code;
	return true;
}

bool code_find(struct visit *v, const char *code, struct code **ret_code,
               struct fault *why)
{
	const struct grant *g;
	json_t *value;

	if (!grant_find(v, "code", code, &value, &g, why))
		return false;
	*ret_code = NULL;
	if (!value)
		return true;
	struct code *found = arena_new(v->arena, struct code);

	*found = (struct code){
		.grant = js_true(value, "used") ? NULL : g,
		.redirect = js_string(value, "redirect"),
		.challenge = js_string(value, "challenge"),
		.nonce = js_string(value, "nonce"),
		.access = js_string(value, "access"),
		.family = js_string(value, "family"),
		.was = value,
	};
	*ret_code = found;
	return true;
}

bool code_use(struct visit *v, const char *code, const struct code *found,
              const struct fresh *access, const struct fresh *family,
              struct store_along *along, bool *ret_used, struct fault *why)
{
	json_t *mark =
	    js_keep(v->arena, json_pack("{s:i, s:b, s:s}", "v", 1, "used", true,
	                                "access", access->hash));
	const struct store_item used = { "code", code, mark, REMEMBERED };
	const struct store_item becomes[] = {
		access->item,
		family ? family->item : (struct store_item){ 0 },
	};

	js_put(mark, "family", family ? family->hash : NULL);
	if (!store_swap_with(v->staff->store, v->region, found->was, &used,
	                     becomes, family ? 2 : 1, along, ret_used, why))
		return false;
	grant_expect(v, found->grant, access->token);
	if (family)
		grant_expect(v, found->grant, family->item.secret);
	return true;
}

bool code_burn(struct visit *v, const char *code, struct fault *why)
{
	return store_drop(v->staff->store, v->region, "code", code, why);
}
