/* SPDX-License-Identifier: AGPL-3.0-or-later
 * grant.c: a grant as the JSON value stored in Redis, and its validity. */
#include "idp/oidc/grant.h"

#include "idp/session/session.h"
#include "lib/text.h"

json_t *grant_write(struct arena *a, const struct grant *g)
{
	json_t *value = js_keep(a, json_object());

	(void)json_object_set_new(value, "v", json_integer(1));
	(void)json_object_set_new(value, "at", json_integer(g->at));
	(void)json_object_set_new(value, "proved", json_integer(g->proved_at));
	js_put(value, "issuer", g->issuer);
	js_put(value, "service", g->service);
	js_put(value, "client", g->client);
	js_put(value, "sub", g->sub);
	js_put(value, "scope", g->scope);
	js_put(value, "sid", g->sid);
	js_put(value, "person", g->person);
	js_put(value, "affiliation", g->affiliation);
	js_put(value, "municipality", g->municipality);
	js_put(value, "acr", g->acr);
	js_put(value, "method", g->method);
	if (g->claims)
		(void)json_object_set(value, "claims", g->claims);
	if (g->in_token)
		(void)json_object_set(value, "in_token", g->in_token);
	return value;
}

static bool is_whole(const struct grant *g)
{
	if (!g->issuer || !g->service || !g->client || !g->sub || !g->scope)
		return false;
	return !g->sid || (g->person && g->affiliation && g->municipality &&
	                   g->acr && g->method);
}

struct grant *grant_read(struct arena *a, const json_t *value)
{
	struct grant *g = arena_new(a, struct grant);

	*g = (struct grant){
		.issuer = js_string(value, "issuer"),
		.service = js_string(value, "service"),
		.client = js_string(value, "client"),
		.sub = js_string(value, "sub"),
		.scope = js_string(value, "scope"),
		.sid = js_string(value, "sid"),
		.person = js_string(value, "person"),
		.affiliation = js_string(value, "affiliation"),
		.municipality = js_string(value, "municipality"),
		.acr = js_string(value, "acr"),
		.method = js_string(value, "method"),
		.at = js_number(value, "at", 0),
		.proved_at = js_number(value, "proved", 0),
		.claims = js_object(value, "claims"),
		.in_token = js_object(value, "in_token"),
	};
	return is_whole(g) ? g : NULL;
}

bool grant_is_for(const struct visit *v, const struct grant *g,
                  const struct service *s)
{
	/* Also by client_id: a service with a changed one is a new client. */
	return s && s->oidc && text_equal(g->issuer, v->issuer->name) &&
	       text_equal(g->service, s->name) &&
	       text_equal(g->client, s->oidc->id);
}

static struct watched watched_by(const struct grant *g)
{
	return (struct watched){ g->sid, g->person, g->affiliation,
		                 g->municipality };
}

void grant_expect(struct visit *v, const struct grant *g, const char *secret)
{
	const struct watched w = watched_by(g);

	if (g->sid)
		store_expect(v->staff->store, secret, &w);
}

struct reading {
	struct arena *arena;
	struct grant *grant;
};

static bool watch_grant(void *with, const json_t *value,
                        struct watched *ret_watched)
{
	struct reading *k = with;

	k->grant = grant_read(k->arena, value);
	if (!k->grant || !k->grant->sid)
		return false;
	*ret_watched = watched_by(k->grant);
	return true;
}

bool grant_find(struct visit *v, const char *kind, const char *secret,
                json_t **ret_value, const struct grant **ret_grant,
                struct fault *why)
{
	struct reading k = { .arena = v->arena };
	struct standing seen = { 0 };

	if (!store_get_standing(v->staff->store, v->region, v->arena, kind,
	                        secret, watch_grant, &k, ret_value, &seen, why))
		return false;
	*ret_grant = k.grant;
	if (!k.grant)
		return true;
	const struct watched w = watched_by(k.grant);

	/* Revoked since auth_time, not since issued_at: the person may have
	 * been deactivated between the two. */
	k.grant->lives =
	    !k.grant->sid || session_lived(v, &w, &seen, k.grant->proved_at);
	return true;
}
