/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authn_request.h: validates an AuthnRequest (SAML Core 3.4.1) and builds an
 * auth transaction from it. */
#ifndef IDP_SAML_REQUEST_H
#define IDP_SAML_REQUEST_H

#include "idp/saml/binding.h"
#include "idp/saml/gate.h"
#include "idp/saml/partner.h"
#include "idp/session/ticket.h"

/* The status of a Response (Core 3.2.2.2); code NULL: none yet. */
struct saml_status {
	const char *code, *detail; /* detail may be NULL */
};

/* A valid request; if status.code is set, the response is that error status at
 * once.  The transaction's request is
 * {id, acs, relay?, format, classes?, subject?}. */
struct asked {
	struct ticket ticket;
	struct saml_status status;
};

/* Validates m, received in e from sp for issuer; *ret_request is owned by a.
 * A status is possible only after the signature and the ACS URL are validated;
 * before that the result is an error (INVALID "bad-saml" or "unknown-address")
 * and no response goes to the SP.  The caller must reject a repeated ID. */
bool request_read(struct arena *a, const struct issuer *issuer,
                  const struct service *service, const struct partner *partner,
                  const struct envelope *e, const struct message *m,
                  struct asked *ret_asked, struct fault *why) must_check;

#endif
