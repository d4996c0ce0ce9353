/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_service.c: builds the services of the configuration: OpenID Connect
 * clients and SAML service providers. */
#include <string.h>

#include "lib/strbuf.h"
#include "region/config/config_build.h"

/* ---- oidc { } */

static bool value_list_contains(char **values, const char *value)
{
	for (; *values; values++)
		if (text_equal(*values, value))
			return true;
	return false;
}

static void config_build_auth_methods(struct config_builder *b,
                                      const struct conf_block *in,
                                      struct oidc_client *c)
{
	char **methods = config_build_values(b, in, "auth-method");
	bool is_default = !*methods;

	c->public_client = conf_syntax_find(in, "public") != NULL;
	c->auth_client_secret_basic =
	    is_default ? c->secret != NULL
		       : value_list_contains(methods, "client_secret_basic");
	c->auth_client_secret_post =
	    is_default ? c->secret != NULL
		       : value_list_contains(methods, "client_secret_post");
	c->auth_private_key_jwt_only = c->jwks &&
	                               !c->auth_client_secret_basic &&
	                               !c->auth_client_secret_post;
}

/* Reports contradictory client authentication settings. */
static void check_auth_methods(struct config_builder *b,
                               const struct conf_statement *s,
                               const struct oidc_client *c)
{
	const char *id = conf_syntax_arg(s, 1);
	bool private_key_jwt = value_list_contains(
	    config_build_values(b, &s->block, "auth-method"),
	    "private_key_jwt");

	if (c->public_client && (c->secret || c->jwks))
		conf_error_add(b->errors, s, 0,
		               "public client %s cannot have a secret or jwks",
		               id);
	if (!c->public_client && !c->secret && !c->jwks)
		conf_error_add(b->errors, s, 0,
		               "client %s requires a secret, jwks or public",
		               id);
	if ((c->auth_client_secret_basic || c->auth_client_secret_post) &&
	    !c->secret)
		conf_error_add(b->errors, s, 0,
		               "auth-method of %s requires a secret", id);
	if (private_key_jwt && !c->jwks)
		conf_error_add(b->errors, s, 0,
		               "private_key_jwt of %s requires jwks", id);
	if (c->public_client && c->grant_client_credentials)
		conf_error_add(b->errors, s, 0,
		               "public client %s cannot use client_credentials",
		               id);
}

static void config_build_grant_types(struct config_builder *b,
                                     const struct conf_block *in,
                                     struct oidc_client *c)
{
	char **grant_types = config_build_values(b, in, "grant-types");

	c->grant_authorization_code =
	    !*grant_types ||
	    value_list_contains(grant_types, "authorization_code");
	c->grant_refresh_token =
	    value_list_contains(grant_types, "refresh_token");
	c->grant_client_credentials =
	    value_list_contains(grant_types, "client_credentials");
}

static void check_grant_types(struct config_builder *b,
                              const struct conf_statement *s,
                              const struct oidc_client *c)
{
	if (c->grant_authorization_code && !c->redirect_uris[0])
		conf_error_add(b->errors, s, 0,
		               "client %s requires redirect-uri", c->id);
	if (c->grant_refresh_token && !c->grant_authorization_code)
		conf_error_add(
		    b->errors, s, 0,
		    "refresh_token of %s requires authorization_code", c->id);
}

/* OpenID Connect Core 8.1: the host component, without the port. */
static const char *client_sector_identifier(struct config_builder *b,
                                            const char *url)
{
	const char *host = config_build_host(b, url);

	if (!host)
		return NULL;
	size_t length =
	    host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

	return arena_memdup(b->arena, host, length);
}

static const struct oidc_client *config_build_client(
    struct config_builder *b, const struct conf_statement *s)
{
	struct oidc_client *c = arena_new(b->arena, struct oidc_client);
	const struct conf_block *in = &s->block;

	c->id = conf_syntax_arg(s, 1);
	c->secret = config_build_secret(b, conf_syntax_find(in, "secret"), 1);
	c->jwks = config_build_file(b, conf_syntax_find(in, "jwks"));
	c->id_token_signed_response_alg =
	    conf_syntax_value(in, "id-token-signed-response-alg", "RS256");
	c->redirect_uris = config_build_values(b, in, "redirect-uri");
	c->post_logout_redirect_uris =
	    config_build_values(b, in, "post-logout-redirect-uri");
	c->backchannel_logout_uri =
	    conf_syntax_value(in, "backchannel-logout-uri", NULL);
	c->backchannel_logout_session_required = text_equal(
	    conf_syntax_value(in, "backchannel-logout-session-required", "yes"),
	    "yes");
	c->sector_identifier = client_sector_identifier(b, c->redirect_uris[0]);
	config_build_auth_methods(b, in, c);
	config_build_grant_types(b, in, c);
	if (c->id) {
		check_auth_methods(b, s, c);
		check_grant_types(b, s, c);
	}
	return c;
}

/* ---- service { } */

static const struct issuer *config_find_service_issuer(
    struct config_builder *b, const struct conf_statement *s)
{
	const struct conf_statement *statement =
	    conf_syntax_find(&s->block, "issuer");
	const char *name = statement ? conf_syntax_arg(statement, 1) : "region";
	const struct issuer *i = config_issuer(b->cfg, name);

	if (name && !i && config_municipality(b->cfg, name))
		conf_error_add(b->errors, statement, 1,
		               "%s has no issuer of its own; set issuer in its "
		               "municipality, or use region here",
		               name);
	else if (name && !i)
		conf_error_add(
		    b->errors, statement, 1,
		    "there is no municipality \"%s\"%s", name,
		    config_build_suggestion(b, name, "municipality"));
	return i;
}

static void config_build_protocol(struct config_builder *b,
                                  const struct conf_statement *s,
                                  struct service *service)
{
	const struct conf_statement *oidc = conf_syntax_find(&s->block, "oidc");
	const struct conf_statement *saml = conf_syntax_find(&s->block, "saml");

	if (oidc)
		service->oidc = config_build_client(b, oidc);
	service->saml_metadata = config_build_file(b, saml);
	if (!oidc == !saml)
		conf_error_add(b->errors, s, 1,
		               "%s requires either oidc or saml",
		               service->name);
}

static void check_unique_client_id(struct config_builder *b,
                                   const struct conf_statement *s,
                                   const struct service *service)
{
	const struct service *e = b->cfg->services;

	for (; service->oidc && e < service; e++)
		if (e->oidc && e->issuer == service->issuer &&
		    text_equal(e->oidc->id, service->oidc->id))
			conf_error_add(b->errors,
			               conf_syntax_find(&s->block, "oidc"), 1,
			               "%s is already the client id of %s",
			               e->oidc->id, e->name);
}

/* Returns the arguments of the keyword, each of which names a top-level
 * statement. */
static char **config_build_known(struct config_builder *b,
                                 const struct conf_block *in,
                                 const char *keyword, const char *what)
{
	for (const struct conf_statement *s = conf_syntax_find(in, keyword); s;
	     s = conf_syntax_next(in, s))
		for (size_t i = 1; i < s->arg_count; i++)
			if (!config_build_has(b, what, s->args[i]))
				conf_error_add(b->errors, s, i,
				               "there is no %s \"%s\"%s", what,
				               s->args[i],
				               config_build_suggestion(
						   b, s->args[i], what));
	return config_build_values(b, in, keyword);
}

static void config_build_service(struct config_builder *b,
                                 const struct conf_statement *s,
                                 struct service *service)
{
	const struct conf_block *in = &s->block;
	const char *subject = conf_syntax_value(in, "subject-is", "person");

	service->name = conf_syntax_arg(s, 1);
	service->location = config_build_location(s);
	service->display = conf_syntax_value(in, "name", service->name);
	service->launch_url = conf_syntax_value(in, "launch-url", NULL);
	service->initiate_login_uri =
	    conf_syntax_value(in, "initiate-login-uri", NULL);
	service->issuer = config_find_service_issuer(b, s);
	service->attributes = config_build_values(b, in, "attributes");
	service->subject = text_equal(subject, "affiliation")
	                       ? SUBJECT_AFFILIATION
	                       : SUBJECT_PERSON;
	if (text_equal(service->name, "portal") ||
	    text_equal(service->name, "any"))
		conf_error_add(b->errors, s, 1,
		               "\"%s\" is reserved in access rules",
		               service->name);
	service->networks = config_build_known(b, in, "networks", "network");
	service->units = config_build_values(b, in, "units");
	service->offered_to =
	    config_build_known(b, in, "offered-to", "municipality");
	config_build_protocol(b, s, service);
	check_unique_client_id(b, s, service);
}

void config_build_services(struct config_builder *b)
{
	struct service *all = arena_array(b->arena, struct service,
	                                  config_build_count(b, "service"));
	size_t count = 0;

	b->cfg->services = all;
	for (const struct conf_statement *s =
	         conf_syntax_find(b->top, "service");
	     s; s = conf_syntax_next(b->top, s))
		config_build_service(b, s, &all[count++]);
	b->cfg->service_count = count;
}
