/* SPDX-License-Identifier: AGPL-3.0-or-later
 * access_token.c: opaque bearer access tokens (RFC 6750): the grant is stored
 * in Redis under the token's hash. */
#include "idp/oidc/access.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/random.h"

struct fresh access_make(struct visit *v, const struct grant *g)
{
	json_t *value = grant_write(v->arena, g);
	char *token = random_secret(v->arena);

	(void)json_object_set_new(value, "until",
	                          json_integer(clock_now() + ACCESS_LIFE));
	/* Used for the ID token only. */
	(void)json_object_del(value, "in_token");
	return (struct fresh){
		.item = { "access", token, value, ACCESS_LIFE },
		.token = token,
		.hash = hash_hex(v->arena, token, strlen(token)),
	};
}

bool access_keep(struct visit *v, const struct fresh *access, struct fault *why)
{
	const struct store_item *i = &access->item;

	return store_put(v->staff->store, v->region, i->kind, i->secret,
	                 i->value, i->seconds, false, NULL, why);
}

bool access_find(struct visit *v, const char *token,
                 const struct grant **ret_grant, int64_t *ret_until,
                 struct fault *why)
{
	const struct grant *g;
	json_t *value;

	*ret_grant = NULL;
	if (!grant_find(v, "access", token, &value, &g, why))
		return false;
	if (!g)
		return true;
	const int64_t until = js_number(value, "until", 0);

	if (until <= clock_now() ||
	    !grant_is_for(v, g, region_service(v->region, g->service)))
		return true;
	*ret_grant = g->lives ? g : NULL;
	*ret_until = until;
	return true;
}

bool access_drop(struct visit *v, const char *hash, struct fault *why)
{
	return store_drop_hashed(v->staff->store, v->region, "access", hash,
	                         why);
}
