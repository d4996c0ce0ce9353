/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords_service.c: the keywords of service { }. */
#include "region/words.h"
#include "region/words_also.h"

static const struct conf_word client_words[] = {
	{ .name = "secret",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_SECRET } },
	  .means = "The client's secret." },
	{ .name = "keys",
	  .least = 1,
	  .most = 1,
	  .args = { CALLED("FILE") },
	  .means = "JWKS file with the public keys of a client that proves "
	           "itself by private_key_jwt." },
	{ .name = "proves-by",
	  .least = 1,
	  .most = 3,
	  .args = { WORDS("basic post key"), WORDS("basic post key"),
	            WORDS("basic post key") },
	  .means = "How the client may prove itself; without it, basic and "
	           "post where it has a secret, key where it has keys." },
	{ .name = "public",
	  .least = 0,
	  .most = 0,
	  .means = "A program on people's own machines, which can keep no "
	           "secret." },
	{ .name = "redirect",
	  .least = 1,
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .args = { HTTP },
	  .also = also_redirect,
	  .means = "Where a browser may be sent with a code, letter by "
	           "letter." },
	{ .name = "after-logout",
	  .least = 1,
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .args = { HTTP },
	  .also = also_redirect,
	  .means = "Where a browser may be sent after logout." },
	{ .name = "back-channel",
	  .least = 1,
	  .most = 2,
	  .args = { HTTP, KEYWORD("without-sid") },
	  .also = also_redirect,
	  .means = "Where the client is told of a logout." },
	{ .name = "sign",
	  .least = 1,
	  .most = 1,
	  .args = { WORDS("RS256 ES256") },
	  .otherwise = "RS256",
	  .means = "How its ID tokens are signed." },
	{ .name = "grants",
	  .least = 1,
	  .most = 3,
	  .args = { WORDS("code refresh client-credentials"),
	            WORDS("code refresh client-credentials"),
	            WORDS("code refresh client-credentials") },
	  .otherwise = "code",
	  .means = "What the client may ask for." },
	END,
};

#define ATTRIBUTE(word, ...) word " "
static const char receivable[] =
#include "region/attributes.def"
    ;
#undef ATTRIBUTE

const struct conf_word service_words[] = {
	{ .name = "name",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .means = "What people call it." },
	{ .name = "issuer",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_NAME } },
	  .otherwise = "region",
	  .means = "Whose issuer it trusts: region, or a municipality that "
	           "has its own." },
	{ .name = "address",
	  .least = 1,
	  .most = 1,
	  .args = { HTTP },
	  .means = "Where the portal's link leads; without it the portal "
	           "leaves the service out." },
	{ .name = "oidc",
	  .least = 1,
	  .most = 1,
	  .also = also_client,
	  .args = { CALLED("CLIENT-ID") },
	  .block = client_words,
	  .means = "An OpenID Connect client." },
	{ .name = "saml",
	  .least = 1,
	  .most = 1,
	  .args = { CALLED("FILE") },
	  .means = "A SAML 2.0 service provider: its metadata." },
	{ .name = "receives",
	  .least = 1,
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .args = { { .type = CONF_ONE_OF,
	              .words = receivable,
	              .called = "ATTRIBUTE" } },
	  .means = "What it is told about a person; all of it about the one "
	           "affiliation that was chosen." },
	{ .name = "subject",
	  .least = 1,
	  .most = 1,
	  .args = { WORDS("person affiliation") },
	  .otherwise = "person",
	  .means = "Whether two affiliations of a person are one user to it "
	           "or two." },
	{ .name = "needs",
	  .least = 1,
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .args = { CALLED("CONDITION") },
	  .means = "Added to every rule about this service; joined by "
	           "\"and\"." },
	END,
};
