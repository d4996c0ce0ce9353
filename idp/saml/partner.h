/* SPDX-License-Identifier: AGPL-3.0-or-later
 * partner.h: what services' metadata files say, read once and kept. */
#ifndef IDP_SAML_PARTNER_H
#define IDP_SAML_PARTNER_H

#include "idp/saml/sign.h"
#include "idp/session/visit.h"

/* Where a service takes Responses by POST. */
struct partner_acs {
	const char *url;
	int index; /* -1: it has none */
	bool is_default, is_not_default;
};

struct partner {
	const char *entity_id;
	const char *service; /* its name in the configuration */
	const char *issuer;  /* its issuer's */
	struct partner_acs *acs;
	size_t acs_count;
	/* Where it takes LogoutRequests and LogoutResponses by Redirect; NULL:
	 * it does not. */
	const char *logout, *logout_answer;
	struct sign_key *
	    *keys; /* that may sign; several while they roll over */
	size_t key_count;
	bool signs_requests;     /* AuthnRequestsSigned */
	bool response_is_enough; /* WantAssertionsSigned="false", in so many
	                            words */
	char **formats;          /* NameIDFormat; NULL-terminated */
};

/* Reads a service's metadata, living in a.  INVALID says what is wrong. */
bool partner_read(struct arena *a, const char *xml, size_t length,
                  struct partner *ret_partner, struct fault *why) must_check;

/* The partner with this entityID at this issuer, or of this service, living
 * as long as the visit.  INVALID "unknown-service" where there is none. */
bool partner_by_entity(struct visit *v, const struct issuer *i,
                       const char *entity_id,
                       const struct partner **ret_partner,
                       struct fault *why) must_check;
bool partner_of_service(struct visit *v, const char *service,
                        const struct partner **ret_partner,
                        struct fault *why) must_check;

/* Whether url, letter for letter, is one of its addresses. */
bool partner_owns(const struct partner *p, const char *url);

/* SAML metadata 2.4.4 and saml2int: the one called default, else the first
 * that is not called not-default, else the first. */
const char *partner_default_acs(const struct partner *p);
const char *partner_acs_at(const struct partner *p, int index); /* NULL: none */

#endif
