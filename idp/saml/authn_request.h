/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authn_request.h: validates an AuthnRequest (SAML Core 3.4.1) and builds an
 * auth transaction from it. */
#ifndef IDP_SAML_AUTHN_REQUEST_H
#define IDP_SAML_AUTHN_REQUEST_H

#include "idp/saml/binding.h"
#include "idp/saml/saml_message_check.h"
#include "idp/saml/sp_metadata.h"
#include "idp/session/auth_transaction.h"

/* The status of a Response (Core 3.2.2.2); code NULL: none yet. */
struct saml_status {
	const char *code, *detail; /* detail may be NULL */
};

/* A valid request; if status.code is set, the response is that error status at
 * once.  The transaction's request is
 * {id, acs, relay?, format, classes?, subject?}. */
struct authn_request {
	struct auth_txn txn;
	struct saml_status status;
};

/* Validates m, received in e from sp for issuer; *ret_request is owned by a.
 * A status is possible only after the signature and the ACS URL are validated;
 * before that the result is an error (INVALID "bad-saml" or "unknown-address")
 * and no response goes to the SP.  The caller must reject a repeated ID. */
bool authn_request_parse(struct arena *a, const struct issuer *issuer,
                         const struct service *service,
                         const struct sp_metadata *sp,
                         const struct saml_envelope *e,
                         const struct saml_message *m,
                         struct authn_request *ret_request,
                         struct error *err) must_check;

#endif
