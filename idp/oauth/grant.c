/* SPDX-License-Identifier: AGPL-3.0-or-later
 * grant.c: a grant as the JSON value stored in Redis, and its validity. */
#include "idp/oauth/grant.h"

#include "idp/session/session.h"
#include "lib/strbuf.h"

json_t *grant_to_json(struct arena *a, const struct grant *g)
{
	json_t *value = js_own(a, json_object());

	(void)json_object_set_new(value, "v", json_integer(1));
	(void)json_object_set_new(value, "at", json_integer(g->issued_at));
	(void)json_object_set_new(value, "proved", json_integer(g->auth_time));
	js_set_string(value, "issuer", g->issuer);
	js_set_string(value, "service", g->service);
	js_set_string(value, "client", g->client);
	js_set_string(value, "sub", g->sub);
	js_set_string(value, "scope", g->scope);
	js_set_string(value, "sid", g->sid);
	js_set_string(value, "person", g->person);
	js_set_string(value, "affiliation", g->affiliation);
	js_set_string(value, "municipality", g->municipality);
	js_set_string(value, "acr", g->acr);
	js_set_string(value, "method", g->method);
	if (g->userinfo_claims)
		(void)json_object_set(value, "claims", g->userinfo_claims);
	if (g->id_token_claims)
		(void)json_object_set(value, "in_token", g->id_token_claims);
	return value;
}

static bool grant_is_complete(const struct grant *g)
{
	if (!g->issuer || !g->service || !g->client || !g->sub || !g->scope)
		return false;
	return !g->sid || (g->person && g->affiliation && g->municipality &&
	                   g->acr && g->method);
}

struct grant *grant_from_json(struct arena *a, const json_t *value)
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
		.issued_at = js_number(value, "at", 0),
		.auth_time = js_number(value, "proved", 0),
		.userinfo_claims = js_object(value, "claims"),
		.id_token_claims = js_object(value, "in_token"),
	};
	return grant_is_complete(g) ? g : NULL;
}

bool grant_is_for(const struct request_context *ctx, const struct grant *g,
                  const struct service *s)
{
	/* Also by client_id: a service with a changed one is a new client. */
	return s && s->oidc && text_equal(g->issuer, ctx->issuer->name) &&
	       text_equal(g->service, s->name) &&
	       text_equal(g->client, s->oidc->id);
}

static struct validity_keys grant_validity_keys(const struct grant *g)
{
	return (struct validity_keys){ g->sid, g->person, g->affiliation,
		                       g->municipality };
}

void grant_prefetch_hint(struct request_context *ctx, const struct grant *g,
                         const char *secret)
{
	const struct validity_keys keys = grant_validity_keys(g);

	if (g->sid)
		store_prefetch_hint(ctx->backends->store, secret, &keys);
}

struct grant_lookup_state {
	struct arena *arena;
	struct grant *grant;
};

static bool grant_read_validity_keys(void *arg, const json_t *value,
                                     struct validity_keys *ret_keys)
{
	struct grant_lookup_state *state = arg;

	state->grant = grant_from_json(state->arena, value);
	if (!state->grant || !state->grant->sid)
		return false;
	*ret_keys = grant_validity_keys(state->grant);
	return true;
}

bool grant_lookup(struct request_context *ctx, const char *kind,
                  const char *secret, json_t **ret_value,
                  const struct grant **ret_grant, struct error *err)
{
	struct grant_lookup_state state = { .arena = ctx->arena };
	struct validity validity = { 0 };
	bool gone = false;

	if (!store_get_with_validity(ctx->backends->store, ctx->cfg, ctx->arena,
	                             kind, secret, grant_read_validity_keys,
	                             &state, ret_value, &validity, err))
		return false;
	*ret_grant = state.grant;
	if (!state.grant)
		return true;
	const struct validity_keys keys = grant_validity_keys(state.grant);

	if (state.grant->sid &&
	    !session_is_gone(ctx, state.grant->sid, &gone, err))
		return false;
	/* Revoked since auth_time, not since issued_at: the person may have
	 * been deactivated between the two. */
	state.grant->session_valid =
	    !state.grant->sid ||
	    (!gone &&
	     session_is_valid_given(ctx, &keys, &validity,
	                            state.grant->auth_time) &&
	     session_participant_is_current(
		 ctx->arena, &validity, state.grant->issuer,
		 state.grant->service, state.grant->affiliation));
	return true;
}
