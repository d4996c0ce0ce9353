/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_message_check.c: checks of every received SAML message (SAML Core 3.2.1
 * and 3.2.2) on top of the XML checks of lib/xml. */
#include "idp/saml/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "idp/saml/names.h"
#include "lib/clock.h"
#include "lib/text.h"

enum { ID_MOST = 256, ENTITY_MOST = 1024 };

bool gate_refuse(struct fault *why, const char *format, ...)
{
	char text[FAULT_TEXT];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return fault_for(why, FAULT_INVALID, "bad-saml", "%s", text);
}

static const struct {
	const char *name;
	enum message_kind kind;
} known[] = {
	{ "AuthnRequest", MESSAGE_AUTHN_REQUEST },
	{ "LogoutRequest", MESSAGE_LOGOUT_REQUEST },
	{ "LogoutResponse", MESSAGE_LOGOUT_RESPONSE },
};

static bool read_kind(struct message *m, struct fault *why)
{
	for (size_t i = 0; i < LENGTH(known); i++)
		if (xml_is(m->root, NS_PROTOCOL, known[i].name))
			m->kind = known[i].kind;
	return m->kind || gate_refuse(why, "not a message we take");
}

/* Assertions and encrypted elements are not accepted from SPs. */
static bool has_no_stowaway(const struct message *m, struct fault *why)
{
	static const char *const unwanted[] = { "Assertion",
		                                "EncryptedAssertion",
		                                "EncryptedID" };

	for (size_t i = 0; i < LENGTH(unwanted); i++)
		if (xml_count_all(m->root, NS_ASSERTION, unwanted[i]) > 0)
			return gate_refuse(why, "%s in a message to us",
			                   unwanted[i]);
	return true;
}

/* At most one signature, a child of the root (against wrapping attacks). */
static bool read_signature(struct message *m, struct fault *why)
{
	size_t own = xml_count(m->root, NS_DS, "Signature");

	if (own > 1 || xml_count_all(m->root, NS_DS, "Signature") != own)
		return gate_refuse(why, "a signature where none belongs");
	m->is_signed = own == 1;
	return true;
}

/* SAML Core 3.2.1: ID, Version and IssueInstant are required. */
static bool read_head(struct arena *a, struct message *m, int64_t now,
                      struct fault *why)
{
	const char *instant = xml_get(a, m->root, "IssueInstant");
	int64_t when;

	m->id = xml_get(a, m->root, "ID");
	if (!text_equal(xml_get(a, m->root, "Version"), "2.0"))
		return gate_refuse(why, "Version is not 2.0");
	if (!m->id || !xml_is_name(m->id) || strlen(m->id) > ID_MOST)
		return gate_refuse(why, "no usable ID");
	if (!instant || !clock_from_iso(instant, &when))
		return gate_refuse(why, "no usable IssueInstant");
	if (when < now - GATE_SKEW || when > now + GATE_SKEW)
		return gate_refuse(why, "IssueInstant is not now");
	m->destination = xml_get(a, m->root, "Destination");
	return true;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= 0x20 || *text >= 0x7F)
			return false;
	return true;
}

/* SAML Core 2.2.5 and 8.3.6: a URI of at most 1024 characters. */
static bool read_issuer(struct arena *a, struct message *m, struct fault *why)
{
	const struct xml *issuer = xml_first(m->root);

	if (!xml_is(issuer, NS_ASSERTION, "Issuer") || xml_again(issuer) ||
	    xml_first(issuer))
		return gate_refuse(why, "the first child is not its Issuer");
	const char *format = xml_get(a, issuer, "Format");

	if (format && !text_equal(format, FORMAT_ENTITY))
		return gate_refuse(why, "Issuer is not an entity");
	m->issuer = xml_word(a, issuer);
	if (!m->issuer || !*m->issuer || strlen(m->issuer) > ENTITY_MOST ||
	    !is_printable(m->issuer))
		return gate_refuse(why, "no usable Issuer");
	return true;
}

bool gate_read(struct arena *a, const char *bytes, size_t length, int64_t now,
               struct message *ret_message, struct fault *why)
{
	struct message m = { 0 };
	struct fault xml = { 0 };

	if (!xml_read(a, bytes, length, GATE_MOST, XML_MESSAGE, &m.root, &xml))
		return gate_refuse(why, "%s", xml.text);
	if (!read_kind(&m, why) || !has_no_stowaway(&m, why) ||
	    !read_signature(&m, why) || !read_head(a, &m, now, why) ||
	    !read_issuer(a, &m, why))
		return false;
	*ret_message = m;
	return true;
}
