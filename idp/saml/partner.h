/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_metadata.h: SP metadata (SAML Metadata 2.4.4), parsed and cached. */
#ifndef IDP_SAML_PARTNER_H
#define IDP_SAML_PARTNER_H

#include "idp/saml/sign.h"
#include "idp/session/visit.h"

/* An AssertionConsumerService with the POST binding. */
struct partner_acs {
	const char *url;
	int index; /* -1: none */
	bool is_default, is_not_default;
};

struct partner {
	const char *entity_id;
	const char *service; /* its name in the configuration */
	const char *issuer;  /* name of its issuer */
	struct partner_acs *acs;
	size_t acs_count;
	/* SingleLogoutService by Redirect: Location and ResponseLocation;
	 * NULL: none. */
	const char *logout, *logout_answer;
	struct sign_key **keys; /* for signing; several during key rollover */
	size_t key_count;
	bool signs_requests;     /* AuthnRequestsSigned */
	bool response_is_enough; /* WantAssertionsSigned="false" is present */
	char **formats;          /* NameIDFormat; NULL-terminated */
};

/* Parses SP metadata; *ret_sp is owned by a, without service and issuer.
 * INVALID for metadata that cannot be used. */
bool partner_read(struct arena *a, const char *xml, size_t length,
                  struct partner *ret_partner, struct fault *why) must_check;

/* Return the metadata of the SP with this entityID at this issuer, or of this
 * service; valid as long as ctx.  INVALID "unknown-service" if there is
 * none. */
bool partner_by_entity(struct visit *v, const struct issuer *i,
                       const char *entity_id,
                       const struct partner **ret_partner,
                       struct fault *why) must_check;
bool partner_of_service(struct visit *v, const char *service,
                        const struct partner **ret_partner,
                        struct fault *why) must_check;

/* Returns whether url is one of its ACS URLs, byte by byte. */
bool partner_owns(const struct partner *p, const char *url);

/* SAML Metadata 2.4.4 and 2.2.3: return the URL of the default endpoint (the
 * first with isDefault true, else the first without isDefault false, else the
 * first), or of the one with an index. */
const char *partner_default_acs(const struct partner *p);
const char *partner_acs_at(const struct partner *p, int index); /* NULL: none */

#endif
