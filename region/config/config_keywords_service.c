/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords_service.c: the keywords of service { }. */
#include "region/config/config_keyword_macros.h"
#include "region/config/config_validators.h"

/* RFC 7591 and OpenID Connect Dynamic Client Registration name these
 * parameters and values. */

static const struct conf_renamed former_auth_methods[] = {
	{ "basic", "client_secret_basic" },
	{ "post", "client_secret_post" },
	{ "key", "private_key_jwt" },
	{ NULL, NULL },
};

static const struct conf_renamed former_grant_types[] = {
	{ "code", "authorization_code" },
	{ "refresh", "refresh_token" },
	{ "client-credentials", "client_credentials" },
	{ NULL, NULL },
};

static const struct conf_renamed former_without_sid[] = {
	{ "without-sid", "backchannel-logout-session-required no" },
	{ NULL, NULL },
};

#define AUTH_METHODS "client_secret_basic client_secret_post private_key_jwt"
#define AUTH_METHOD_ARG                                                 \
	{                                                               \
		.type = CONF_ONE_OF, .choices = AUTH_METHODS,           \
		.placeholder = "METHOD", .renamed = former_auth_methods \
	}
#define GRANT_TYPES "authorization_code refresh_token client_credentials"
#define GRANT_TYPE_ARG                                               \
	{                                                            \
		.type = CONF_ONE_OF, .choices = GRANT_TYPES,         \
		.placeholder = "TYPE", .renamed = former_grant_types \
	}

static const struct conf_keyword client_keywords[] = {
	{ .name = "secret",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_SECRET } },
	  .description = "The client_secret." },
	{ .name = "jwks",
	  .formerly = "keys",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description =
	      "JWK Set file with the client's public keys, for the method "
	      "private_key_jwt." },
	{ .name = "auth-method",
	  .formerly = "proves-by",
	  .min_args = 1,
	  .max_args = 3,
	  .args = { AUTH_METHOD_ARG, AUTH_METHOD_ARG, AUTH_METHOD_ARG },
	  .description =
	      "Allowed client authentication at the token endpoint.  METHOD "
	      "is one of: " AUTH_METHODS ".  Default: client_secret_basic "
	      "and client_secret_post for a client with a secret, "
	      "private_key_jwt for one with jwks." },
	{ .name = "public",
	  .min_args = 0,
	  .max_args = 0,
	  .description =
	      "A public client (RFC 6749 2.1), such as a native "
	      "application: it has no secret and does not authenticate." },
	{ .name = "redirect-uri",
	  .formerly = "redirect",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { HTTP_ARG },
	  .validate = validate_redirect_uri,
	  .description = "Registered redirect URIs.  The request's value must "
	                 "be identical to one of them." },
	{ .name = "post-logout-redirect-uri",
	  .formerly = "after-logout",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { HTTP_ARG },
	  .validate = validate_redirect_uri,
	  .description = "Registered redirect URIs after logout." },
	{ .name = "backchannel-logout-uri",
	  .formerly = "back-channel",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { HTTP_ARG, { .renamed = former_without_sid } },
	  .validate = validate_redirect_uri,
	  .description = "URI that receives logout tokens." },
	{ .name = "backchannel-logout-session-required",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("yes no") },
	  .default_value = "yes",
	  .description =
	      "Whether logout tokens contain the session id (sid)." },
	{ .name = "id-token-signed-response-alg",
	  .formerly = "sign",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("RS256 ES256") },
	  .default_value = "RS256",
	  .description = "Signature algorithm of its ID tokens." },
	{ .name = "grant-types",
	  .formerly = "grants",
	  .min_args = 1,
	  .max_args = 3,
	  .args = { GRANT_TYPE_ARG, GRANT_TYPE_ARG, GRANT_TYPE_ARG },
	  .default_value = "authorization_code",
	  .description =
	      "Allowed grant types.  TYPE is one of: " GRANT_TYPES "." },
	END_OF_KEYWORDS,
};

#define ATTRIBUTE(name, ...) name " "
static const char releasable_attributes[] =
#include "region/config/attributes.def"
    ;
#undef ATTRIBUTE

const struct conf_keyword service_keywords[] = {
	{ .name = "name",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "Display name of the service." },
	{ .name = "issuer",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_NAME } },
	  .default_value = "region",
	  .description =
	      "Issuer that it trusts: region, or a municipality with an "
	      "issuer of its own." },
	{ .name = "launch-url",
	  .formerly = "address",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { HTTP_ARG },
	  .description = "Target of its link in the portal.  Default: not "
	                 "shown in the portal." },
	{ .name = "initiate-login-uri",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { HTTPS_ARG },
	  .validate = validate_no_fragment,
	  .description =
	      "Where the service starts a login: the link in the portal leads "
	      "there instead, so the service opens for the person who is "
	      "logged in now and with the selected role.  The parameters "
	      "added are those of OpenID Connect Core 4 (iss, "
	      "target_link_uri), or those of the SAML Service Provider "
	      "Request Initiation Protocol (entityID, target).  The target is "
	      "launch-url." },
	{ .name = "oidc",
	  .min_args = 1,
	  .max_args = 1,
	  .validate = validate_client_id,
	  .args = { TEXT_ARG("CLIENT-ID") },
	  .block = client_keywords,
	  .description = "An OpenID Connect client." },
	{ .name = "saml",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description = "A SAML 2.0 service provider, by its metadata file." },
	{ .name = "attributes",
	  .formerly = "receives",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { .type = CONF_ONE_OF,
	              .choices = releasable_attributes,
	              .placeholder = "ATTRIBUTE" } },
	  .description =
	      "Attributes released to the service, of the person and the "
	      "selected affiliation.  ATTRIBUTE is listed in Attributes." },
	{ .name = "subject-is",
	  .formerly = "subject",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("person affiliation") },
	  .default_value = "person",
	  .description =
	      "What the subject identifier identifies.  affiliation: two "
	      "affiliations of a person are two users of the service." },
	{ .name = "offered-to",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_NAME } },
	  .description =
	      "Municipalities whose \"any\" covers the service and whose "
	      "rules can name it.  Default: all." },
	{ .name = "networks",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .args = { { CONF_NAME } },
	  .description = "Networks of the service, for the condition \"from "
	                 "service-networks\"." },
	{ .name = "units",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .args = { TEXT_ARG("UNIT") },
	  .description =
	      "Units or schools whose service this is, for the condition "
	      "\"unit service-units\"." },
	{ .name = "require",
	  .formerly = "needs",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { TEXT_ARG("CONDITION") },
	  .description = "Conditions added to every rule about this service, "
	                 "joined by \"and\"." },
	END_OF_KEYWORDS,
};
