/* SPDX-License-Identifier: AGPL-3.0-or-later
 * canonical_xml_writer.c: writes Assertions and protocol messages (SAML Core 2
 * and 3) as canonical XML text. */
#include "idp/saml/canonical_xml_writer.h"

#include <string.h>

#include "idp/saml/saml_uris.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/random.h"
#include "lib/strbuf.h"
#include "lib/xml.h"

#define SAML_DECLARED  " xmlns:saml=\"" NS_ASSERTION "\""
#define SAMLP_DECLARED " xmlns:samlp=\"" NS_PROTOCOL "\""

char *saml_write_fragment(struct arena *a, const struct xml_fragment *fragment,
                          const char *signature)
{
	const char *const parts[] = { fragment->head,
		                      signature ? signature : "",
		                      fragment->tail };
	size_t length = 1;

	for (size_t i = 0; i < LENGTH(parts); i++)
		length += strlen(parts[i]);
	char *whole = arena_alloc(a, length), *at = whole;

	for (size_t i = 0; i < LENGTH(parts); i++)
		at = stpcpy(at, parts[i]);
	return whole;
}

static char *saml_new_id(struct arena *a)
{
	return arena_printf(a, "_%s", random_secret(a));
}

/* Adds ` name="value"` unless value is NULL.  The caller adds the attributes of
 * an element sorted by name. */
static void saml_add_xml_attribute(struct strbuf *t, const char *name,
                                   const char *value)
{
	if (!value)
		return;
	strbuf_appendf(t, " %s=\"", name);
	escape_xml_attribute(t, value);
	strbuf_append(t, "\"");
}

static void saml_add_time(struct strbuf *t, const char *name, int64_t when)
{
	saml_add_xml_attribute(t, name, clock_format_iso(t->arena, when));
}

static void saml_add_element(struct strbuf *t, const char *name,
                             const char *value)
{
	strbuf_appendf(t, "<%s>", name);
	escape_xml(t, value);
	strbuf_appendf(t, "</%s>", name);
}

/* ---- an Assertion ---- */

static void saml_add_name_id(struct strbuf *t, const char *declared,
                             const struct issuer *i, const char *sp_entity_id,
                             const struct name_id *name)
{
	bool is_mail = text_equal(name->format, FORMAT_MAIL);

	strbuf_appendf(t, "<saml:NameID%s", declared);
	saml_add_xml_attribute(t, "Format", name->format);
	/* Core 8.3.7 and 8.3.8: qualified by IdP and SP; an e-mail address
	 * (8.3.2) is not. */
	saml_add_xml_attribute(t, "NameQualifier",
	                       is_mail ? NULL : i->entity_id);
	saml_add_xml_attribute(t, "SPNameQualifier",
	                       is_mail ? NULL : sp_entity_id);
	strbuf_append(t, ">");
	escape_xml(t, name->value);
	strbuf_append(t, "</saml:NameID>");
}

static void saml_add_subject(struct strbuf *t,
                             const struct assertion_data *data)
{
	strbuf_append(t, "<saml:Subject>");
	saml_add_name_id(t, "", data->issuer, data->audience, &data->name);
	strbuf_append(t,
	              "<saml:SubjectConfirmation Method=\"" CONFIRM_BEARER "\">"
	              "<saml:SubjectConfirmationData");
	saml_add_xml_attribute(t, "InResponseTo", data->in_response_to);
	saml_add_time(t, "NotOnOrAfter", data->now + ASSERTION_LIFETIME_S);
	saml_add_xml_attribute(t, "Recipient", data->acs);
	strbuf_append(t, "></saml:SubjectConfirmationData>"
	                 "</saml:SubjectConfirmation></saml:Subject>");
}

static void saml_add_conditions(struct strbuf *t,
                                const struct assertion_data *data)
{
	strbuf_append(t, "<saml:Conditions");
	saml_add_time(t, "NotBefore", data->now - ASSERTION_NOT_BEFORE_S);
	saml_add_time(t, "NotOnOrAfter", data->now + ASSERTION_LIFETIME_S);
	strbuf_append(t, "><saml:AudienceRestriction>");
	saml_add_element(t, "saml:Audience", data->audience);
	strbuf_append(t, "</saml:AudienceRestriction></saml:Conditions>");
}

static void saml_add_authn_statement(struct strbuf *t,
                                     const struct assertion_data *data)
{
	strbuf_append(t, "<saml:AuthnStatement");
	saml_add_time(t, "AuthnInstant", data->auth_time);
	saml_add_xml_attribute(t, "SessionIndex", data->session_index);
	strbuf_append(t, "><saml:AuthnContext>");
	saml_add_element(t, "saml:AuthnContextClassRef", data->authn_class_ref);
	strbuf_append(t, "</saml:AuthnContext></saml:AuthnStatement>");
}

static bool saml_attribute_has_value(const struct assertion_attribute *attr)
{
	for (char **v = attr->values; v && *v; v++)
		if (xml_is_valid_text(*v))
			return true;
	return false;
}

static void saml_add_attribute(struct strbuf *t,
                               const struct assertion_attribute *attr)
{
	strbuf_append(t, "<saml:Attribute");
	saml_add_xml_attribute(t, "FriendlyName",
	                       attr->attribute->saml_friendly_name);
	saml_add_xml_attribute(t, "Name", attr->attribute->saml_name);
	saml_add_xml_attribute(t, "NameFormat", ATTRNAME_URI);
	strbuf_append(t, ">");
	for (char **v = attr->values; *v; v++)
		if (xml_is_valid_text(*v))
			saml_add_element(t, "saml:AttributeValue", *v);
	strbuf_append(t, "</saml:Attribute>");
}

/* Core 2.7.3: a statement has one attribute at least, or is left out. */
static void saml_add_attribute_statement(struct strbuf *t,
                                         const struct assertion_data *data)
{
	size_t count = 0;

	for (size_t i = 0; i < data->attribute_count; i++) {
		if (!saml_attribute_has_value(&data->attributes[i]))
			continue;
		if (count++ == 0)
			strbuf_append(t, "<saml:AttributeStatement>");
		saml_add_attribute(t, &data->attributes[i]);
	}
	if (count > 0)
		strbuf_append(t, "</saml:AttributeStatement>");
}

struct xml_fragment saml_write_assertion(struct arena *a,
                                         const struct assertion_data *data)
{
	struct strbuf head = strbuf_init(a), tail = strbuf_init(a);

	strbuf_append(&head, "<saml:Assertion" SAML_DECLARED);
	saml_add_xml_attribute(&head, "ID", data->id);
	saml_add_time(&head, "IssueInstant", data->now);
	strbuf_append(&head, " Version=\"2.0\">");
	saml_add_element(&head, "saml:Issuer", data->issuer->entity_id);
	saml_add_subject(&tail, data);
	saml_add_conditions(&tail, data);
	saml_add_authn_statement(&tail, data);
	saml_add_attribute_statement(&tail, data);
	strbuf_append(&tail, "</saml:Assertion>");
	return (struct xml_fragment){ .head = head.data, .tail = tail.data };
}

/* ---- protocol messages ---- */

/* Adds the start tag of a message, its attributes sorted, and the Issuer. */
static void saml_add_message_start(struct strbuf *t, const char *name,
                                   const struct issuer *i, const char *id,
                                   const char *to, const char *in_response_to,
                                   int64_t now, int64_t until)
{
	strbuf_appendf(t, "<samlp:%s" SAMLP_DECLARED, name);
	saml_add_xml_attribute(t, "Destination", to);
	saml_add_xml_attribute(t, "ID", id);
	saml_add_xml_attribute(t, "InResponseTo", in_response_to);
	saml_add_time(t, "IssueInstant", now);
	if (until)
		saml_add_time(t, "NotOnOrAfter", until);
	strbuf_append(t, " Version=\"2.0\"><saml:Issuer" SAML_DECLARED ">");
	escape_xml(t, i->entity_id);
	strbuf_append(t, "</saml:Issuer>");
}

static void saml_add_status(struct strbuf *t, const struct saml_status *status)
{
	strbuf_append(t, "<samlp:Status><samlp:StatusCode");
	saml_add_xml_attribute(t, "Value", status->code);
	strbuf_append(t, ">");
	if (status->detail) {
		strbuf_append(t, "<samlp:StatusCode");
		saml_add_xml_attribute(t, "Value", status->detail);
		strbuf_append(t, "></samlp:StatusCode>");
	}
	strbuf_append(t, "</samlp:StatusCode></samlp:Status>");
}

struct xml_fragment saml_write_response_start(
    struct arena *a, const struct issuer *i, const char *acs,
    const char *in_response_to, int64_t now, const struct saml_status *status)
{
	struct strbuf head = strbuf_init(a), tail = strbuf_init(a);

	saml_add_message_start(&head, "Response", i, saml_new_id(a), acs,
	                       in_response_to, now, 0);
	saml_add_status(&tail, status);
	return (struct xml_fragment){ .head = head.data, .tail = tail.data };
}

struct xml_fragment saml_write_response(struct arena *a, const struct issuer *i,
                                        const char *acs,
                                        const char *in_response_to, int64_t now,
                                        const struct saml_status *status,
                                        const char *assertion)
{
	struct xml_fragment fragment =
	    saml_write_response_start(a, i, acs, in_response_to, now, status);

	fragment.tail =
	    arena_printf(a, "%s%s%s", fragment.tail, assertion ? assertion : "",
	                 SAML_RESPONSE_END);
	return fragment;
}

char *saml_write_logout_request(struct arena *a, const struct issuer *i,
                                const char *id, const char *to, int64_t now,
                                const char *sp_entity_id,
                                const struct name_id *name,
                                const char *session_index)
{
	struct strbuf t = strbuf_init(a);

	saml_add_message_start(&t, "LogoutRequest", i, id, to, NULL, now,
	                       now + ASSERTION_LIFETIME_S);
	saml_add_name_id(&t, SAML_DECLARED, i, sp_entity_id, name);
	if (session_index)
		saml_add_element(&t, "samlp:SessionIndex", session_index);
	strbuf_append(&t, "</samlp:LogoutRequest>");
	return t.data;
}

char *saml_write_logout_response(struct arena *a, const struct issuer *i,
                                 const char *to, const char *in_response_to,
                                 int64_t now, const struct saml_status *status)
{
	struct strbuf t = strbuf_init(a);

	saml_add_message_start(&t, "LogoutResponse", i, saml_new_id(a), to,
	                       in_response_to, now, 0);
	saml_add_status(&t, status);
	strbuf_append(&t, "</samlp:LogoutResponse>");
	return t.data;
}
