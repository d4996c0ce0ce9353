/* SPDX-License-Identifier: AGPL-3.0-or-later
 * canonical_xml_writer.c: writes Assertions and protocol messages (SAML Core 2
 * and 3) as canonical XML text. */
#include "idp/saml/write.h"

#include <string.h>

#include "idp/saml/names.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/random.h"
#include "lib/text.h"
#include "lib/xml.h"

#define SAML_DECLARED  " xmlns:saml=\"" NS_ASSERTION "\""
#define SAMLP_DECLARED " xmlns:samlp=\"" NS_PROTOCOL "\""

char *write_whole(struct arena *a, const struct piece *p, const char *signature)
{
	const char *const parts[] = { p->head, signature ? signature : "",
		                      p->tail };
	size_t length = 1;

	for (size_t i = 0; i < LENGTH(parts); i++)
		length += strlen(parts[i]);
	char *whole = arena_alloc(a, length), *at = whole;

	for (size_t i = 0; i < LENGTH(parts); i++)
		at = stpcpy(at, parts[i]);
	return whole;
}

static char *new_id(struct arena *a)
{
	return arena_print(a, "_%s", random_secret(a));
}

/* Adds ` name="value"` unless value is NULL.  The caller adds the attributes of
 * an element sorted by name. */
static void add_attribute(struct text *t, const char *name, const char *value)
{
	if (!value)
		return;
	text_addf(t, " %s=\"", name);
	escape_xml_attribute(t, value);
	text_add(t, "\"");
}

static void add_time(struct text *t, const char *name, int64_t when)
{
	add_attribute(t, name, clock_iso(t->arena, when));
}

static void add_element(struct text *t, const char *name, const char *value)
{
	text_addf(t, "<%s>", name);
	escape_xml(t, value);
	text_addf(t, "</%s>", name);
}

/* ---- an Assertion ---- */

static void add_name(struct text *t, const char *declared,
                     const struct issuer *i, const char *sp,
                     const struct name_id *name)
{
	bool is_mail = text_equal(name->format, FORMAT_MAIL);

	text_addf(t, "<saml:NameID%s", declared);
	add_attribute(t, "Format", name->format);
	/* Core 8.3.7 and 8.3.8: qualified by IdP and SP; an e-mail address
	 * (8.3.2) is not. */
	add_attribute(t, "NameQualifier", is_mail ? NULL : i->entity_id);
	add_attribute(t, "SPNameQualifier", is_mail ? NULL : sp);
	text_add(t, ">");
	escape_xml(t, name->value);
	text_add(t, "</saml:NameID>");
}

static void add_subject(struct text *t, const struct said *s)
{
	text_add(t, "<saml:Subject>");
	add_name(t, "", s->issuer, s->audience, &s->name);
	text_add(t, "<saml:SubjectConfirmation Method=\"" CONFIRM_BEARER "\">"
	            "<saml:SubjectConfirmationData");
	add_attribute(t, "InResponseTo", s->in_response_to);
	add_time(t, "NotOnOrAfter", s->now + WRITE_LIFE);
	add_attribute(t, "Recipient", s->acs);
	text_add(t, "></saml:SubjectConfirmationData>"
	            "</saml:SubjectConfirmation></saml:Subject>");
}

static void add_conditions(struct text *t, const struct said *s)
{
	text_add(t, "<saml:Conditions");
	add_time(t, "NotBefore", s->now - WRITE_BEFORE);
	add_time(t, "NotOnOrAfter", s->now + WRITE_LIFE);
	text_add(t, "><saml:AudienceRestriction>");
	add_element(t, "saml:Audience", s->audience);
	text_add(t, "</saml:AudienceRestriction></saml:Conditions>");
}

static void add_login(struct text *t, const struct said *s)
{
	text_add(t, "<saml:AuthnStatement");
	add_time(t, "AuthnInstant", s->proved_at);
	add_attribute(t, "SessionIndex", s->index);
	text_add(t, "><saml:AuthnContext>");
	add_element(t, "saml:AuthnContextClassRef", s->class);
	text_add(t, "</saml:AuthnContext></saml:AuthnStatement>");
}

static bool has_value(const struct said_attribute *s)
{
	for (char **v = s->values; v && *v; v++)
		if (xml_may_hold(*v))
			return true;
	return false;
}

static void add_said(struct text *t, const struct said_attribute *s)
{
	text_add(t, "<saml:Attribute");
	add_attribute(t, "FriendlyName", s->attribute->friendly);
	add_attribute(t, "Name", s->attribute->saml);
	add_attribute(t, "NameFormat", ATTRNAME_URI);
	text_add(t, ">");
	for (char **v = s->values; *v; v++)
		if (xml_may_hold(*v))
			add_element(t, "saml:AttributeValue", *v);
	text_add(t, "</saml:Attribute>");
}

/* Core 2.7.3: a statement has one attribute at least, or is left out. */
static void add_attributes(struct text *t, const struct said *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->attribute_count; i++) {
		if (!has_value(&s->attributes[i]))
			continue;
		if (count++ == 0)
			text_add(t, "<saml:AttributeStatement>");
		add_said(t, &s->attributes[i]);
	}
	if (count > 0)
		text_add(t, "</saml:AttributeStatement>");
}

struct piece write_assertion(struct arena *a, const struct said *s)
{
	struct text head = text_in(a), tail = text_in(a);

	text_add(&head, "<saml:Assertion" SAML_DECLARED);
	add_attribute(&head, "ID", s->id);
	add_time(&head, "IssueInstant", s->now);
	text_add(&head, " Version=\"2.0\">");
	add_element(&head, "saml:Issuer", s->issuer->entity_id);
	add_subject(&tail, s);
	add_conditions(&tail, s);
	add_login(&tail, s);
	add_attributes(&tail, s);
	text_add(&tail, "</saml:Assertion>");
	return (struct piece){ .head = head.at, .tail = tail.at };
}

/* ---- protocol messages ---- */

/* Adds the start tag of a message, its attributes sorted, and the Issuer. */
static void begin(struct text *t, const char *name, const struct issuer *i,
                  const char *id, const char *to, const char *in_response_to,
                  int64_t now, int64_t until)
{
	text_addf(t, "<samlp:%s" SAMLP_DECLARED, name);
	add_attribute(t, "Destination", to);
	add_attribute(t, "ID", id);
	add_attribute(t, "InResponseTo", in_response_to);
	add_time(t, "IssueInstant", now);
	if (until)
		add_time(t, "NotOnOrAfter", until);
	text_add(t, " Version=\"2.0\"><saml:Issuer" SAML_DECLARED ">");
	escape_xml(t, i->entity_id);
	text_add(t, "</saml:Issuer>");
}

static void add_status(struct text *t, const struct saml_status *status)
{
	text_add(t, "<samlp:Status><samlp:StatusCode");
	add_attribute(t, "Value", status->code);
	text_add(t, ">");
	if (status->detail) {
		text_add(t, "<samlp:StatusCode");
		add_attribute(t, "Value", status->detail);
		text_add(t, "></samlp:StatusCode>");
	}
	text_add(t, "</samlp:StatusCode></samlp:Status>");
}

struct piece write_response_begun(struct arena *a, const struct issuer *i,
                                  const char *acs, const char *in_response_to,
                                  int64_t now, const struct saml_status *status)
{
	struct text head = text_in(a), tail = text_in(a);

	begin(&head, "Response", i, new_id(a), acs, in_response_to, now, 0);
	add_status(&tail, status);
	return (struct piece){ .head = head.at, .tail = tail.at };
}

struct piece write_response(struct arena *a, const struct issuer *i,
                            const char *acs, const char *in_response_to,
                            int64_t now, const struct saml_status *status,
                            const char *assertion)
{
	struct piece p =
	    write_response_begun(a, i, acs, in_response_to, now, status);

	p.tail = arena_print(a, "%s%s%s", p.tail, assertion ? assertion : "",
	                     WRITE_RESPONSE_END);
	return p;
}

char *write_logout_request(struct arena *a, const struct issuer *i,
                           const char *id, const char *to, int64_t now,
                           const char *sp, const struct name_id *name,
                           const char *index)
{
	struct text t = text_in(a);

	begin(&t, "LogoutRequest", i, id, to, NULL, now, now + WRITE_LIFE);
	add_name(&t, SAML_DECLARED, i, sp, name);
	if (index)
		add_element(&t, "samlp:SessionIndex", index);
	text_add(&t, "</samlp:LogoutRequest>");
	return t.at;
}

char *write_logout_response(struct arena *a, const struct issuer *i,
                            const char *to, const char *in_response_to,
                            int64_t now, const struct saml_status *status)
{
	struct text t = text_in(a);

	begin(&t, "LogoutResponse", i, new_id(a), to, in_response_to, now, 0);
	add_status(&t, status);
	text_add(&t, "</samlp:LogoutResponse>");
	return t.at;
}
