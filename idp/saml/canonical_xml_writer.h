/* SPDX-License-Identifier: AGPL-3.0-or-later
 * canonical_xml_writer.h: writes SAML messages as text that already is in
 * canonical form (Exclusive XML Canonicalization 1.0): namespaces declared
 * where they are first used, attributes sorted, no empty-element tags.  So the
 * text that is hashed, sent, and canonicalized by the SP is the same. */
#ifndef IDP_SAML_CANONICAL_XML_WRITER_H
#define IDP_SAML_CANONICAL_XML_WRITER_H

#include "idp/saml/authn_request.h"
#include "idp/saml/nameid.h"
#include "region/person/attribute_release.h"

enum { ASSERTION_NOT_BEFORE_S = 30, ASSERTION_LIFETIME_S = 5 * 60 };

/* An element in two parts; its signature goes between them, after Issuer. */
struct xml_fragment {
	const char *head, *tail;
};

struct assertion_attribute {
	const struct attribute *attribute;
	char **values; /* NULL-terminated; those invalid in XML are omitted */
};

/* The contents of an Assertion. */
struct assertion_data {
	const struct issuer *issuer;
	const char *id, *audience, *acs, *in_response_to;
	struct name_id name;
	const char *authn_class_ref, *session_index;
	int64_t now, auth_time;
	const struct assertion_attribute *attributes;
	size_t attribute_count;
};

/* Returns the element with its signature (NULL: without).  This and the
 * following are owned by a. */
char *saml_write_fragment(struct arena *a, const struct xml_fragment *fragment,
                          const char *signature);

struct xml_fragment saml_write_assertion(struct arena *a,
                                         const struct assertion_data *data);

/* assertion: its text, signed or not; NULL with an error status. */
struct xml_fragment saml_write_response(struct arena *a, const struct issuer *i,
                                        const char *acs,
                                        const char *in_response_to, int64_t now,
                                        const struct saml_status *status,
                                        const char *assertion);

/* The same up to the Assertion: head before the place of the signature, tail
 * after it. */
#define SAML_RESPONSE_END "</samlp:Response>"
struct xml_fragment saml_write_response_start(
    struct arena *a, const struct issuer *i, const char *acs,
    const char *in_response_to, int64_t now, const struct saml_status *status);

/* Complete messages; the Redirect binding signs the encoded octets. */
char *saml_write_logout_request(struct arena *a, const struct issuer *i,
                                const char *id, const char *to, int64_t now,
                                const char *sp_entity_id,
                                const struct name_id *name,
                                const char *session_index);
char *saml_write_logout_response(struct arena *a, const struct issuer *i,
                                 const char *to, const char *in_response_to,
                                 int64_t now, const struct saml_status *status);

#endif
