/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords_service.c: the keywords of service { }. */
#include "region/config/config_keyword_macros.h"
#include "region/config/config_validators.h"

static const struct conf_keyword client_keywords[] = {
	{ .name = "secret",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_SECRET } },
	  .description = "The client's secret." },
	{ .name = "keys",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description =
	      "JWKS file with the public keys of a client that proves "
	      "itself by private_key_jwt." },
	{ .name = "proves-by",
	  .min_args = 1,
	  .max_args = 3,
	  .args = { CHOICE_ARG("basic post key"), CHOICE_ARG("basic post key"),
	            CHOICE_ARG("basic post key") },
	  .description =
	      "How the client may prove itself; without it, basic and "
	      "post where it has a secret, key where it has keys." },
	{ .name = "public",
	  .min_args = 0,
	  .max_args = 0,
	  .description =
	      "A program on people's own machines, which can keep no "
	      "secret." },
	{ .name = "redirect",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { HTTP_ARG },
	  .validate = validate_redirect_uri,
	  .description = "Where a browser may be sent with a code, letter by "
	                 "letter." },
	{ .name = "after-logout",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { HTTP_ARG },
	  .validate = validate_redirect_uri,
	  .description = "Where a browser may be sent after logout." },
	{ .name = "back-channel",
	  .min_args = 1,
	  .max_args = 2,
	  .args = { HTTP_ARG, LITERAL_ARG("without-sid") },
	  .validate = validate_redirect_uri,
	  .description = "Where the client is told of a logout." },
	{ .name = "sign",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("RS256 ES256") },
	  .default_value = "RS256",
	  .description = "How its ID tokens are signed." },
	{ .name = "grants",
	  .min_args = 1,
	  .max_args = 3,
	  .args = { CHOICE_ARG("code refresh client-credentials"),
	            CHOICE_ARG("code refresh client-credentials"),
	            CHOICE_ARG("code refresh client-credentials") },
	  .default_value = "code",
	  .description = "What the client may ask for." },
	END_OF_KEYWORDS,
};

#define ATTRIBUTE(word, ...) word " "
static const char releasable_attributes[] =
#include "region/config/attributes.def"
    ;
#undef ATTRIBUTE

const struct conf_keyword service_keywords[] = {
	{ .name = "name",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "What people call it." },
	{ .name = "issuer",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_NAME } },
	  .default_value = "region",
	  .description =
	      "Whose issuer it trusts: region, or a municipality that "
	      "has its own." },
	{ .name = "address",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { HTTP_ARG },
	  .description = "Where the portal's link leads; without it the portal "
	                 "leaves the service out." },
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
	  .description = "A SAML 2.0 service provider: its metadata." },
	{ .name = "receives",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { .type = CONF_ONE_OF,
	              .choices = releasable_attributes,
	              .placeholder = "ATTRIBUTE" } },
	  .description =
	      "What it is told about a person; all of it about the one "
	      "affiliation that was chosen." },
	{ .name = "subject",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("person affiliation") },
	  .default_value = "person",
	  .description =
	      "Whether two affiliations of a person are one user to it "
	      "or two." },
	{ .name = "needs",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { TEXT_ARG("CONDITION") },
	  .description = "Added to every rule about this service; joined by "
	                 "\"and\"." },
	END_OF_KEYWORDS,
};
