/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_metadata.h: SP metadata (SAML Metadata 2.4.4), parsed and cached. */
#ifndef IDP_SAML_SP_METADATA_H
#define IDP_SAML_SP_METADATA_H

#include "idp/saml/signature_verify.h"
#include "idp/session/request_context.h"

/* An AssertionConsumerService with the POST binding. */
struct sp_acs {
	const char *url;
	int index; /* -1: none */
	bool is_default, is_not_default;
};

struct sp_metadata {
	const char *entity_id;
	const char *service; /* its name in the configuration */
	const char *issuer;  /* name of its issuer */
	struct sp_acs *acs;
	size_t acs_count;
	/* SingleLogoutService by Redirect: Location and ResponseLocation;
	 * NULL: none. */
	const char *slo_url, *slo_response_url;
	struct verify_key **keys; /* for signing; several during key rollover */
	size_t key_count;
	bool authn_requests_signed;   /* AuthnRequestsSigned */
	bool response_signature_only; /* WantAssertionsSigned="false" is present
	                               */
	char **nameid_formats;        /* NameIDFormat; NULL-terminated */
};

/* Parses SP metadata; *ret_sp is owned by a, without service and issuer.
 * INVALID for metadata that cannot be used. */
bool sp_metadata_parse(struct arena *a, const char *xml, size_t length,
                       struct sp_metadata *ret_sp,
                       struct error *err) must_check;

/* Return the metadata of the SP with this entityID at this issuer, or of this
 * service; valid as long as ctx.  INVALID "unknown-service" if there is
 * none. */
bool sp_metadata_by_entity_id(struct request_context *ctx,
                              const struct issuer *i, const char *entity_id,
                              const struct sp_metadata **ret_sp,
                              struct error *err) must_check;
bool sp_metadata_of_service(struct request_context *ctx, const char *service,
                            const struct sp_metadata **ret_sp,
                            struct error *err) must_check;

/* Returns whether url is one of its ACS URLs, byte by byte. */
bool sp_metadata_has_acs(const struct sp_metadata *sp, const char *url);

/* SAML Metadata 2.4.4 and 2.2.3: return the URL of the default endpoint (the
 * first with isDefault true, else the first without isDefault false, else the
 * first), or of the one with an index. */
const char *sp_metadata_default_acs(const struct sp_metadata *sp);
const char *sp_metadata_acs_by_index(const struct sp_metadata *sp,
                                     int index); /* NULL: none */

#endif
