/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_message_check.c: checks of every received SAML message (SAML Core 3.2.1
 * and 3.2.2) on top of the XML checks of lib/xml. */
#include "idp/saml/saml_message_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "idp/saml/saml_uris.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

enum { MESSAGE_ID_MAX = 256, ENTITY_ID_MAX = 1024 };

bool saml_message_error(struct error *err, const char *format, ...)
{
	char text[ERROR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set_reason(err, ERROR_INVALID, "bad-saml", "%s", text);
}

static const struct {
	const char *name;
	enum saml_message_kind kind;
} saml_message_names[] = {
	{ "AuthnRequest", MESSAGE_AUTHN_REQUEST },
	{ "LogoutRequest", MESSAGE_LOGOUT_REQUEST },
	{ "LogoutResponse", MESSAGE_LOGOUT_RESPONSE },
};

static bool saml_message_read_kind(struct saml_message *m, struct error *err)
{
	for (size_t i = 0; i < LENGTH(saml_message_names); i++)
		if (xml_is(m->root, NS_PROTOCOL, saml_message_names[i].name))
			m->kind = saml_message_names[i].kind;
	return m->kind || saml_message_error(err, "unsupported SAML message");
}

/* Assertions and encrypted elements are not accepted from SPs. */
static bool saml_message_check_forbidden(const struct saml_message *m,
                                         struct error *err)
{
	static const char *const forbidden[] = { "Assertion",
		                                 "EncryptedAssertion",
		                                 "EncryptedID" };

	for (size_t i = 0; i < LENGTH(forbidden); i++)
		if (xml_count_all(m->root, NS_ASSERTION, forbidden[i]) > 0)
			return saml_message_error(
			    err, "%s not allowed in a message from an SP",
			    forbidden[i]);
	return true;
}

/* At most one signature, a child of the root (against wrapping attacks). */
static bool saml_message_check_signature(struct saml_message *m,
                                         struct error *err)
{
	size_t children = xml_count(m->root, NS_DS, "Signature");

	if (children > 1 ||
	    xml_count_all(m->root, NS_DS, "Signature") != children)
		return saml_message_error(
		    err, "Signature is repeated or not a child of the root");
	m->is_signed = children == 1;
	return true;
}

/* SAML Core 3.2.1: ID, Version and IssueInstant are required. */
static bool saml_message_read_header(struct arena *a, struct saml_message *m,
                                     int64_t now, struct error *err)
{
	const char *instant = xml_attribute(a, m->root, "IssueInstant");
	int64_t when;

	m->id = xml_attribute(a, m->root, "ID");
	if (!text_equal(xml_attribute(a, m->root, "Version"), "2.0"))
		return saml_message_error(err, "Version is not 2.0");
	if (!m->id || !xml_is_ncname(m->id) || strlen(m->id) > MESSAGE_ID_MAX)
		return saml_message_error(
		    err, "ID is missing, too long or not an xs:ID");
	if (!instant || !clock_parse_iso(instant, &when))
		return saml_message_error(
		    err, "IssueInstant is missing or malformed");
	if (when < now - SAML_MAX_SKEW_S || when > now + SAML_MAX_SKEW_S)
		return saml_message_error(
		    err, "IssueInstant is outside the allowed clock skew");
	m->destination = xml_attribute(a, m->root, "Destination");
	return true;
}

static bool saml_is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= 0x20 || *text >= 0x7F)
			return false;
	return true;
}

/* SAML Core 2.2.5 and 8.3.6: a URI of at most 1024 characters. */
static bool saml_message_read_issuer(struct arena *a, struct saml_message *m,
                                     struct error *err)
{
	const struct xml *issuer = xml_first_child(m->root);

	if (!xml_is(issuer, NS_ASSERTION, "Issuer") ||
	    xml_next_same_name(issuer) || xml_first_child(issuer))
		return saml_message_error(err,
		                          "first child is not a single Issuer");
	const char *format = xml_attribute(a, issuer, "Format");

	if (format && !text_equal(format, FORMAT_ENTITY))
		return saml_message_error(err, "Issuer Format is not entity");
	m->issuer = xml_text_trimmed(a, issuer);
	if (!m->issuer || !*m->issuer || strlen(m->issuer) > ENTITY_ID_MAX ||
	    !saml_is_printable(m->issuer))
		return saml_message_error(
		    err, "Issuer is empty, too long or not printable ASCII");
	return true;
}

bool saml_message_parse(struct arena *a, const char *bytes, size_t length,
                        int64_t now, struct saml_message *ret_message,
                        struct error *err)
{
	struct saml_message m = { 0 };
	struct error xml = { 0 };

	if (!xml_parse(a, bytes, length, SAML_MESSAGE_MAX, XML_MESSAGE, &m.root,
	               &xml))
		return saml_message_error(err, "%s", xml.text);
	if (!saml_message_read_kind(&m, err) ||
	    !saml_message_check_forbidden(&m, err) ||
	    !saml_message_check_signature(&m, err) ||
	    !saml_message_read_header(a, &m, now, err) ||
	    !saml_message_read_issuer(a, &m, err))
		return false;
	*ret_message = m;
	return true;
}
