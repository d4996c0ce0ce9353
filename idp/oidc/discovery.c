/* SPDX-License-Identifier: AGPL-3.0-or-later
 * discovery.c: the discovery document (OpenID Connect Discovery 3, RFC 8414),
 * built once for each issuer of each configuration. */
#include "idp/oidc/oidc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "idp/oauth/oauth_error.h"
#include "idp/oauth/scope.h"
#include "idp/oidc/acr.h"
#include "lib/strbuf.h"
#include "region/person/attribute_release.h"

/* ---- the document ---- */

static const struct {
	const char *name, *path;
} discovery_endpoints[] = {
	{ "issuer", "" },
	{ "authorization_endpoint", "/oidc/authorize" },
	{ "token_endpoint", "/oidc/token" },
	{ "userinfo_endpoint", "/oidc/userinfo" },
	{ "jwks_uri", "/oidc/jwks" },
	{ "revocation_endpoint", "/oidc/revoke" },
	{ "introspection_endpoint", "/oidc/introspect" },
	{ "end_session_endpoint", "/oidc/logout" },
};

/* Space-separated values, written as an array. */
static const struct {
	const char *name, *values;
} discovery_arrays[] = {
	{ "response_types_supported", "code" },
	{ "response_modes_supported", "query" },
	{ "grant_types_supported",
	  "authorization_code refresh_token client_credentials" },
	{ "subject_types_supported", "pairwise" },
	{ "id_token_signing_alg_values_supported", "RS256 ES256" },
	{ "code_challenge_methods_supported", "S256" },
	{ "claim_types_supported", "normal" },
	{ "token_endpoint_auth_methods_supported",
	  "client_secret_basic client_secret_post private_key_jwt none" },
	{ "token_endpoint_auth_signing_alg_values_supported",
	  "RS256 PS256 ES256" },
	{ "revocation_endpoint_auth_methods_supported",
	  "client_secret_basic client_secret_post private_key_jwt none" },
	{ "revocation_endpoint_auth_signing_alg_values_supported",
	  "RS256 PS256 ES256" },
	{ "introspection_endpoint_auth_methods_supported",
	  "client_secret_basic client_secret_post private_key_jwt" },
	{ "introspection_endpoint_auth_signing_alg_values_supported",
	  "RS256 PS256 ES256" },
};

static const struct {
	const char *name;
	bool value;
} discovery_booleans[] = {
	{ "claims_parameter_supported", true },
	{ "request_parameter_supported", false },
	{ "request_uri_parameter_supported", false },
	{ "authorization_response_iss_parameter_supported", true },
	{ "backchannel_logout_supported", true },
	{ "backchannel_logout_session_supported", true },
};

static json_t *discovery_array(const char *const *values)
{
	json_t *array = json_array();

	for (; values && *values; values++)
		(void)json_array_append_new(array, json_string(*values));
	return array;
}

static json_t *discovery_claims_supported(void)
{
	static const char *const always[] = { "sub",   "iss", "aud",
		                              "exp",   "iat", "auth_time",
		                              "nonce", "acr", "amr",
		                              "sid",   NULL };
	json_t *claims = discovery_array(always);

	for (size_t i = 0; i < released_attribute_count; i++)
		if (*released_attributes[i].claim)
			(void)json_array_append_new(
			    claims, json_string(released_attributes[i].claim));
	return claims;
}

static char *discovery_build(struct arena *a, const struct config *cfg,
                             const struct issuer *i)
{
	json_t *document = js_own(a, json_object());

	for (size_t n = 0; n < LENGTH(discovery_endpoints); n++)
		js_set_string(document, discovery_endpoints[n].name,
		              arena_printf(a, "%s%s", i->url,
		                           discovery_endpoints[n].path));
	for (size_t n = 0; n < LENGTH(discovery_arrays); n++)
		(void)json_object_set_new(
		    document, discovery_arrays[n].name,
		    discovery_array((const char *const *)text_split(
			a, discovery_arrays[n].values, " ", NULL)));
	for (size_t n = 0; n < LENGTH(discovery_booleans); n++)
		(void)json_object_set_new(
		    document, discovery_booleans[n].name,
		    json_boolean(discovery_booleans[n].value));
	(void)json_object_set_new(document, "scopes_supported",
	                          discovery_array(scopes_supported(a)));
	(void)json_object_set_new(document, "claims_supported",
	                          discovery_claims_supported());
	(void)json_object_set_new(document, "acr_values_supported",
	                          discovery_array(acr_values_supported));
	(void)json_object_set_new(
	    document, "ui_locales_supported",
	    discovery_array((const char *const *)cfg->languages));
	return js_dump(a, document);
}

/* ---- the cache ---- */

enum { DISCOVERY_CACHE_SIZE = 64 };

/* Key: the hash of the configuration and the name of the issuer. */
static struct cached_document {
	char *key, *text;
} discovery_cache[DISCOVERY_CACHE_SIZE];
static size_t discovery_cache_next;
static pthread_mutex_t discovery_cache_lock = PTHREAD_MUTEX_INITIALIZER;

static char *discovery_cache_find(struct arena *a, const char *key)
{
	char *text = NULL;

	(void)pthread_mutex_lock(&discovery_cache_lock);
	for (size_t i = 0; i < DISCOVERY_CACHE_SIZE && !text; i++)
		if (discovery_cache[i].key &&
		    strcmp(discovery_cache[i].key, key) == 0)
			text = arena_strdup(a, discovery_cache[i].text);
	(void)pthread_mutex_unlock(&discovery_cache_lock);
	return text;
}

static char *discovery_must_alloc(char *text)
{
	if (!text)
		abort();
	return text;
}

/* Replaces the oldest document: configurations change, issuers are few. */
static void discovery_cache_store(const char *key, const char *text)
{
	struct cached_document new = { discovery_must_alloc(strdup(key)),
		                       discovery_must_alloc(strdup(text)) };

	(void)pthread_mutex_lock(&discovery_cache_lock);
	struct cached_document old = discovery_cache[discovery_cache_next];

	discovery_cache[discovery_cache_next] = new;
	discovery_cache_next =
	    (discovery_cache_next + 1) % DISCOVERY_CACHE_SIZE;
	(void)pthread_mutex_unlock(&discovery_cache_lock);
	free(old.key);
	free(old.text);
}

void oidc_discovery(struct request_context *ctx)
{
	const char *key, *text;

	if (!oauth_require_method(ctx, METHOD_GET | METHOD_HEAD))
		return;
	key = arena_printf(ctx->arena, "%s %s", ctx->cfg->hash,
	                   ctx->issuer->name);
	text = discovery_cache_find(ctx->arena, key);
	if (!text) {
		text = discovery_build(ctx->arena, ctx->cfg, ctx->issuer);
		discovery_cache_store(key, text);
	}
	response_set_body(ctx->response, 200, "application/json", text,
	                  strlen(text));
	ctx->response->cacheable = true;
}
