/* SPDX-License-Identifier: AGPL-3.0-or-later
 * binding.h: the HTTP Redirect and POST bindings (SAML Bindings 3.4 and 3.5):
 * receives messages, with limits, and sends them. */
#ifndef IDP_SAML_BINDING_H
#define IDP_SAML_BINDING_H

#include "idp/saml/sign.h"
#include "idp/session/visit.h"

enum {
	BINDING_XML_MOST = 64 * 1024, /* after inflating */
	BINDING_RELAY_MOST = 1024,    /* docs/decisions/0003 */
};

enum binding { BINDING_NONE = 0, BINDING_REDIRECT, BINDING_POST };

/* A received message and its parameters, decoded but not parsed. */
struct envelope {
	enum binding binding;
	bool is_answer; /* SAMLResponse, not SAMLRequest */
	const char *xml;
	size_t length;
	const char *relay; /* RelayState; NULL: none */
	/* Redirect only: the octets as sent, in the order of Bindings 3.4.4.1,
	 * and the signature over them; signed_octets NULL: not signed. */
	const char *octets, *algorithm;
	const unsigned char *signature;
	size_t signature_length;
};

/* Decodes the message of a request, owned by a.  INVALID "bad-saml" for a
 * repeated parameter, two messages, an incomplete signature, or any other
 * ambiguity; "wrong-method" for a method other than GET and POST. */
bool binding_open(struct arena *a, const struct request *r,
                  struct envelope *ret_envelope, struct fault *why) must_check;

/* Returns whether one of keys made the signature of a Redirect; INVALID
 * "bad-saml" if not, or if there is none. */
bool binding_check(const struct envelope *e, struct sign_key *const *keys,
                   size_t count, struct fault *why) must_check;

/* Returns the URL that carries xml by Redirect, signed by the signer, owned by
 * ctx->arena; param: SAMLRequest or SAMLResponse.  UNAVAILABLE without the
 * signer. */
bool binding_address(struct visit *v, const struct issuer *i, const char *to,
                     const char *word, const char *xml, const char *relay,
                     const char **ret_address, struct fault *why) must_check;

/* Responds with a page whose form POSTs xml to an SP's URL. */
void binding_post(struct visit *v, const struct service *s, const char *to,
                  const char *xml, const char *relay);

#endif
