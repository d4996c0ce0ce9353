/* SPDX-License-Identifier: AGPL-3.0-or-later
 * binding.h: SAML messages in HTTP: Redirect and POST (SAML bindings 3.4 and
 * 3.5), read with limits and written. */
#ifndef IDP_SAML_BINDING_H
#define IDP_SAML_BINDING_H

#include "idp/saml/sign.h"
#include "idp/session/visit.h"

enum {
	BINDING_XML_MOST = 64 * 1024, /* after inflating */
	BINDING_RELAY_MOST = 1024,    /* docs/decisions/0003 */
};

enum binding { BINDING_NONE = 0, BINDING_REDIRECT, BINDING_POST };

/* What came, taken out of HTTP and not looked into. */
struct envelope {
	enum binding binding;
	bool is_answer; /* SAMLResponse, not SAMLRequest */
	const char *xml;
	size_t length;
	const char *relay; /* NULL: none */
	/* Of a Redirect: the octets as they were sent, in the order of bindings
	 * 3.4.4.1, and the signature over them; octets NULL: not signed. */
	const char *octets, *algorithm;
	const unsigned char *signature;
	size_t signature_length;
};

/* The one message in this request.  INVALID "bad-saml" for a word that comes
 * twice, two messages, half a signature, or anything that has two readings. */
bool binding_open(struct arena *a, const struct request *r,
                  struct envelope *ret_envelope, struct fault *why) must_check;

/* Whether a Redirect's signature is one of the keys'. */
bool binding_check(const struct envelope *e, struct sign_key *const *keys,
                   size_t count, struct fault *why) must_check;

/* The address that carries xml to a service by Redirect, signed by the
 * keeper, living in v->arena; word is SAMLRequest or SAMLResponse. */
bool binding_address(struct visit *v, const struct issuer *i, const char *to,
                     const char *word, const char *xml, const char *relay,
                     const char **ret_address, struct fault *why) must_check;

/* Answers with the page that posts xml to a service's address. */
void binding_post(struct visit *v, const struct service *s, const char *to,
                  const char *xml, const char *relay);

#endif
