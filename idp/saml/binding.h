/* SPDX-License-Identifier: AGPL-3.0-or-later
 * binding.h: the HTTP Redirect and POST bindings (SAML Bindings 3.4 and 3.5):
 * receives messages, with limits, and sends them. */
#ifndef IDP_SAML_BINDING_H
#define IDP_SAML_BINDING_H

#include "idp/saml/signature_verify.h"
#include "idp/session/request_context.h"

enum {
	BINDING_XML_MAX = 64 * 1024,    /* after inflating */
	BINDING_RELAY_STATE_MAX = 1024, /* docs/decisions/0003 */
};

enum saml_binding { BINDING_NONE = 0, BINDING_REDIRECT, BINDING_POST };

/* A received message and its parameters, decoded but not parsed. */
struct saml_envelope {
	enum saml_binding binding;
	bool is_response; /* SAMLResponse, not SAMLRequest */
	const char *xml;
	size_t length;
	const char *relay_state; /* RelayState; NULL: none */
	/* Redirect only: the octets as sent, in the order of Bindings 3.4.4.1,
	 * and the signature over them; signed_octets NULL: not signed. */
	const char *signed_octets, *sig_alg;
	const unsigned char *signature;
	size_t signature_length;
};

/* Decodes the message of a request, owned by a.  INVALID "bad-saml" for a
 * repeated parameter, two messages, an incomplete signature, or any other
 * ambiguity; "wrong-method" for a method other than GET and POST. */
bool saml_binding_read(struct arena *a, const struct request *r,
                       struct saml_envelope *ret_envelope,
                       struct error *err) must_check;

/* Returns whether one of keys made the signature of a Redirect; INVALID
 * "bad-saml" if not, or if there is none. */
bool saml_binding_verify(const struct saml_envelope *e,
                         struct verify_key *const *keys, size_t count,
                         struct error *err) must_check;

/* Returns the URL that carries xml by Redirect, signed by the signer, owned by
 * ctx->arena; param: SAMLRequest or SAMLResponse.  UNAVAILABLE without the
 * signer. */
bool saml_binding_redirect_url(struct request_context *ctx,
                               const struct issuer *i, const char *to,
                               const char *param, const char *xml,
                               const char *relay_state, const char **ret_url,
                               struct error *err) must_check;

/* Responds with a page whose form POSTs xml to an SP's URL. */
void saml_binding_post(struct request_context *ctx, const struct service *s,
                       const char *to, const char *xml,
                       const char *relay_state);

#endif
