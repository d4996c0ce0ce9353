/* SPDX-License-Identifier: AGPL-3.0-or-later
 * discovery.c: the discovery document (OpenID Connect Discovery 3, RFC 8414),
 * built once for each issuer of each configuration. */
#include "idp/oidc/oidc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "idp/oidc/refusal.h"
#include "idp/oidc/scope.h"
#include "idp/oidc/wish.h"
#include "lib/text.h"
#include "region/attribute.h"

/* ---- the document ---- */

static const struct {
	const char *name, *path;
} addresses[] = {
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
	const char *name, *words;
} lists[] = {
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
	bool is;
} truths[] = {
	{ "claims_parameter_supported", true },
	{ "request_parameter_supported", false },
	{ "request_uri_parameter_supported", false },
	{ "authorization_response_iss_parameter_supported", true },
	{ "backchannel_logout_supported", true },
	{ "backchannel_logout_session_supported", true },
};

static json_t *array_of(const char *const *words)
{
	json_t *array = json_array();

	for (; words && *words; words++)
		(void)json_array_append_new(array, json_string(*words));
	return array;
}

static json_t *claims_supported(void)
{
	static const char *const always[] = { "sub",   "iss", "aud",
		                              "exp",   "iat", "auth_time",
		                              "nonce", "acr", "amr",
		                              "sid",   NULL };
	json_t *claims = array_of(always);

	for (size_t i = 0; i < attribute_count; i++)
		if (*attributes[i].claim)
			(void)json_array_append_new(
			    claims, json_string(attributes[i].claim));
	return claims;
}

static char *write_discovery(struct arena *a, const struct region *r,
                             const struct issuer *i)
{
	json_t *d = js_keep(a, json_object());

	for (size_t n = 0; n < LENGTH(addresses); n++)
		js_put(d, addresses[n].name,
		       arena_print(a, "%s%s", i->url, addresses[n].path));
	for (size_t n = 0; n < LENGTH(lists); n++)
		(void)json_object_set_new(
		    d, lists[n].name,
		    array_of((const char *const *)text_split(a, lists[n].words,
		                                             " ", NULL)));
	for (size_t n = 0; n < LENGTH(truths); n++)
		(void)json_object_set_new(d, truths[n].name,
		                          json_boolean(truths[n].is));
	(void)json_object_set_new(d, "scopes_supported",
	                          array_of(scope_all(a)));
	(void)json_object_set_new(d, "claims_supported", claims_supported());
	(void)json_object_set_new(d, "acr_values_supported",
	                          array_of(wish_acrs));
	(void)json_object_set_new(d, "ui_locales_supported",
	                          array_of((const char *const *)r->languages));
	return js_write(a, d);
}

/* ---- the cache ---- */

enum { REMEMBERED = 64 };

/* Key: the hash of the configuration and the name of the issuer. */
static struct remembered {
	char *of, *text;
} shelf[REMEMBERED];
static size_t next_place;
static pthread_mutex_t shelf_lock = PTHREAD_MUTEX_INITIALIZER;

static char *find_remembered(struct arena *a, const char *of)
{
	char *text = NULL;

	(void)pthread_mutex_lock(&shelf_lock);
	for (size_t i = 0; i < REMEMBERED && !text; i++)
		if (shelf[i].of && strcmp(shelf[i].of, of) == 0)
			text = arena_copy(a, shelf[i].text);
	(void)pthread_mutex_unlock(&shelf_lock);
	return text;
}

static char *must_have(char *text)
{
	if (!text)
		abort();
	return text;
}

/* Replaces the oldest document: configurations change, issuers are few. */
static void remember(const char *of, const char *text)
{
	struct remembered new = { must_have(strdup(of)),
		                  must_have(strdup(text)) };

	(void)pthread_mutex_lock(&shelf_lock);
	struct remembered old = shelf[next_place];

	shelf[next_place] = new;
	next_place = (next_place + 1) % REMEMBERED;
	(void)pthread_mutex_unlock(&shelf_lock);
	free(old.of);
	free(old.text);
}

void oidc_discovery(struct visit *v)
{
	const char *of, *text;

	if (!refuse_other_methods(v, METHOD_GET | METHOD_HEAD))
		return;
	of = arena_print(v->arena, "%s %s", v->region->hash, v->issuer->name);
	text = find_remembered(v->arena, of);
	if (!text) {
		text = write_discovery(v->arena, v->region, v->issuer);
		remember(of, text);
	}
	answer_text(v->answer, 200, "application/json", text, strlen(text));
	v->answer->may_be_cached = true;
}
