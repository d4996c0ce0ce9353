/* SPDX-License-Identifier: AGPL-3.0-or-later
 * write.h: our own messages as XML text that is in canonical form by the way
 * it is written (Exclusive XML Canonicalization 1.0): a namespace declared
 * where it is first used, attributes sorted, no empty-element tags.  So what
 * is hashed, what is sent, and what the service canonicalizes are one text. */
#ifndef IDP_SAML_WRITE_H
#define IDP_SAML_WRITE_H

#include "idp/saml/nameid.h"
#include "idp/saml/request.h"
#include "region/attribute.h"

enum { WRITE_BEFORE = 30, WRITE_LIFE = 5 * 60 };

/* An element in two: its signature goes between, behind its Issuer. */
struct piece {
	const char *head, *tail;
};

struct said_attribute {
	const struct attribute *attribute;
	char **values; /* NULL-terminated; what XML cannot hold is left out */
};

/* All that an Assertion says. */
struct said {
	const struct issuer *issuer;
	const char *id, *audience, *acs, *in_response_to;
	struct name_id name;
	const char *class, *index;
	int64_t now, proved_at;
	const struct said_attribute *attributes;
	size_t attribute_count;
};

/* The element with its signature, or without where that is NULL. */
char *write_whole(struct arena *a, const struct piece *p,
                  const char *signature);

struct piece write_assertion(struct arena *a, const struct said *s);

/* assertion: its text, signed or not; NULL where the status says why not. */
struct piece write_response(struct arena *a, const struct issuer *i,
                            const char *acs, const char *in_response_to,
                            int64_t now, const struct saml_status *status,
                            const char *assertion);

/* The same up to where its Assertion stands: head to where its signature
 * goes, tail behind that. */
#define WRITE_RESPONSE_END "</samlp:Response>"
struct piece write_response_begun(struct arena *a, const struct issuer *i,
                                  const char *acs, const char *in_response_to,
                                  int64_t now,
                                  const struct saml_status *status);

/* Whole messages; the Redirect binding signs their octets. */
char *write_logout_request(struct arena *a, const struct issuer *i,
                           const char *id, const char *to, int64_t now,
                           const char *sp, const struct name_id *name,
                           const char *index);
char *write_logout_response(struct arena *a, const struct issuer *i,
                            const char *to, const char *in_response_to,
                            int64_t now, const struct saml_status *status);

#endif
