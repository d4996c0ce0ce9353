/* SPDX-License-Identifier: AGPL-3.0-or-later
 * canonical_xml_writer.h: writes SAML messages as text that already is in
 * canonical form (Exclusive XML Canonicalization 1.0): namespaces declared
 * where they are first used, attributes sorted, no empty-element tags.  So the
 * text that is hashed, sent, and canonicalized by the SP is the same. */
#ifndef IDP_SAML_WRITE_H
#define IDP_SAML_WRITE_H

#include "idp/saml/nameid.h"
#include "idp/saml/request.h"
#include "region/attribute.h"

enum { WRITE_BEFORE = 30, WRITE_LIFE = 5 * 60 };

/* An element in two parts; its signature goes between them, after Issuer. */
struct piece {
	const char *head, *tail;
};

struct said_attribute {
	const struct attribute *attribute;
	char **values; /* NULL-terminated; those invalid in XML are omitted */
};

/* The contents of an Assertion. */
struct said {
	const struct issuer *issuer;
	const char *id, *audience, *acs, *in_response_to;
	struct name_id name;
	const char *class, *index;
	int64_t now, proved_at;
	const struct said_attribute *attributes;
	size_t attribute_count;
};

/* Returns the element with its signature (NULL: without).  This and the
 * following are owned by a. */
char *write_whole(struct arena *a, const struct piece *p,
                  const char *signature);

struct piece write_assertion(struct arena *a, const struct said *s);

/* assertion: its text, signed or not; NULL with an error status. */
struct piece write_response(struct arena *a, const struct issuer *i,
                            const char *acs, const char *in_response_to,
                            int64_t now, const struct saml_status *status,
                            const char *assertion);

/* The same up to the Assertion: head before the place of the signature, tail
 * after it. */
#define WRITE_RESPONSE_END "</samlp:Response>"
struct piece write_response_begun(struct arena *a, const struct issuer *i,
                                  const char *acs, const char *in_response_to,
                                  int64_t now,
                                  const struct saml_status *status);

/* Complete messages; the Redirect binding signs the encoded octets. */
char *write_logout_request(struct arena *a, const struct issuer *i,
                           const char *id, const char *to, int64_t now,
                           const char *sp, const struct name_id *name,
                           const char *index);
char *write_logout_response(struct arena *a, const struct issuer *i,
                            const char *to, const char *in_response_to,
                            int64_t now, const struct saml_status *status);

#endif
