/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request.h: an AuthnRequest (core 3.4.1), read, checked, and made a ticket. */
#ifndef IDP_SAML_REQUEST_H
#define IDP_SAML_REQUEST_H

#include "idp/saml/binding.h"
#include "idp/saml/gate.h"
#include "idp/saml/partner.h"
#include "idp/session/ticket.h"

/* What a service is told by its status codes; the first NULL: nothing yet. */
struct saml_status {
	const char *code, *detail; /* detail may be NULL */
};

/* A request that may go on, or one whose service must be told at once that it
 * cannot: then status.code is set.  The ticket's request is
 * {id, acs, relay?, format, classes?, subject?}. */
struct asked {
	struct ticket ticket;
	struct saml_status status;
};

/* Reads m, which came in e, as partner's request to issuer.  Only after the
 * signature and the address to answer to were found good can there be a
 * status; everything before is a fault, and nothing goes to the service.
 * Whether the ID was seen before is left to the caller. */
bool request_read(struct arena *a, const struct issuer *issuer,
                  const struct service *service, const struct partner *partner,
                  const struct envelope *e, const struct message *m,
                  struct asked *ret_asked, struct fault *why) must_check;

#endif
