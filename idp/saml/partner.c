/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_metadata.c: parses SP metadata (SAML Metadata 2.4.4).  An operator
 * installs the file, but its author is the SP, so it is checked as strictly as
 * a message. */
#include "idp/saml/partner.h"

#include <string.h>

#include "idp/saml/names.h"
#include "lib/list.h"
#include "lib/text.h"

enum { FILE_MOST = 512 * 1024, ENTITY_MOST = 1024 };

static bool is_uri(const char *text)
{
	if (!text || !*text || strlen(text) > ENTITY_MOST)
		return false;
	for (; *text; text++)
		if (*text <= 0x20 || *text >= 0x7F)
			return false;
	return true;
}

/* Only https: a Response grants access to the service.  No fragment: browsers
 * do not send it. */
static bool is_address(const char *url)
{
	return is_uri(url) && text_starts(url, "https://") &&
	       strlen(url) > strlen("https://") && !strpbrk(url, "#\\\"'<>");
}

static bool read_index(struct arena *a, const struct xml *e, int *ret_index)
{
	const char *text = xml_get(a, e, "index");
	long long index = -1;

	if (text && !text_to_number(text, 0, 65535, &index))
		return false;
	*ret_index = (int)index;
	return true;
}

static bool is_true(const char *text)
{
	return text_equal(text, "true") || text_equal(text, "1");
}

static bool is_false(const char *text)
{
	return text_equal(text, "false") || text_equal(text, "0");
}

static bool read_acs(struct arena *a, const struct xml *role, struct partner *p,
                     struct fault *why)
{
	const struct xml *e =
	    xml_child(role, NS_METADATA, "AssertionConsumerService");
	LIST(struct partner_acs) found = { 0 };

	for (; e; e = xml_again(e)) {
		const char *by_default = xml_get(a, e, "isDefault");
		struct partner_acs acs = {
			.url = xml_get(a, e, "Location"),
			.is_default = is_true(by_default),
			.is_not_default = is_false(by_default),
		};

		if (!text_equal(xml_get(a, e, "Binding"), BINDING_URI_POST))
			continue;
		if (!is_address(acs.url) || !read_index(a, e, &acs.index))
			return fault(why, FAULT_INVALID,
			             "an AssertionConsumerService is no "
			             "https address with an index");
		*list_add(a, &found) = acs;
	}
	if (found.count == 0)
		return fault(why, FAULT_INVALID,
		             "no AssertionConsumerService by POST");
	p->acs = found.at;
	p->acs_count = found.count;
	return true;
}

static bool read_logout(struct arena *a, const struct xml *role,
                        struct partner *p, struct fault *why)
{
	const struct xml *e =
	    xml_child(role, NS_METADATA, "SingleLogoutService");

	for (; e && !p->logout; e = xml_again(e)) {
		if (!text_equal(xml_get(a, e, "Binding"), BINDING_URI_REDIRECT))
			continue;
		p->logout = xml_get(a, e, "Location");
		p->logout_answer = xml_get(a, e, "ResponseLocation");
		if (!p->logout_answer)
			p->logout_answer = p->logout;
		if (!is_address(p->logout) || !is_address(p->logout_answer))
			return fault(why, FAULT_INVALID,
			             "a SingleLogoutService is no https "
			             "address");
	}
	return true;
}

/* A KeyDescriptor without use is for signing too (Metadata 2.4.1.1). */
static bool may_sign(struct arena *a, const struct xml *descriptor)
{
	const char *use = xml_get(a, descriptor, "use");

	return !use || text_equal(use, "signing");
}

static bool read_key(struct arena *a, const struct xml *descriptor,
                     struct sign_key **ret_key, struct fault *why)
{
	const struct xml *info = xml_child(descriptor, NS_DS, "KeyInfo");
	const struct xml *data = xml_child(info, NS_DS, "X509Data");
	const struct xml *certificate =
	    xml_child(data, NS_DS, "X509Certificate");

	if (!certificate)
		return fault(why, FAULT_INVALID,
		             "a KeyDescriptor without a certificate");
	struct text letters = text_in(a);
	char **pieces =
	    text_split(a, xml_text(a, certificate), " \t\r\n", NULL);

	for (; *pieces; pieces++)
		text_add(&letters, *pieces);
	return sign_key_read(a, letters.at, ret_key, why);
}

static bool read_keys(struct arena *a, const struct xml *role,
                      struct partner *p, struct fault *why)
{
	const struct xml *e = xml_child(role, NS_METADATA, "KeyDescriptor");
	LIST(struct sign_key *) keys = { 0 };

	for (; e; e = xml_again(e)) {
		struct sign_key *key;

		if (!may_sign(a, e))
			continue;
		if (!read_key(a, e, &key, why))
			return false;
		*list_add(a, &keys) = key;
	}
	p->keys = keys.at;
	p->key_count = keys.count;
	if (p->signs_requests && keys.count == 0)
		return fault(why, FAULT_INVALID,
		             "it signs its requests and names no key");
	return true;
}

static void read_formats(struct arena *a, const struct xml *role,
                         struct partner *p)
{
	const struct xml *e = xml_child(role, NS_METADATA, "NameIDFormat");
	size_t count = xml_count(role, NS_METADATA, "NameIDFormat");

	p->formats = arena_array(a, char *, count + 1);
	for (size_t i = 0; e; e = xml_again(e))
		p->formats[i++] = xml_word(a, e);
}

static bool speaks_saml2(struct arena *a, const struct xml *role)
{
	char **words = text_split(
	    a, xml_get(a, role, "protocolSupportEnumeration"), " \t\r\n", NULL);

	while (*words && !text_equal(*words, NS_PROTOCOL))
		words++;
	return *words != NULL;
}

static const struct xml *find_role(struct arena *a, const struct xml *root)
{
	const struct xml *role =
	    xml_child(root, NS_METADATA, "SPSSODescriptor");

	while (role && !speaks_saml2(a, role))
		role = xml_again(role);
	return role;
}

bool partner_read(struct arena *a, const char *xml, size_t length,
                  struct partner *ret_partner, struct fault *why)
{
	struct partner p = { 0 };
	const struct xml *root;

	if (!xml_read(a, xml, length, FILE_MOST, XML_FILE, &root, why))
		return false;
	if (!xml_is(root, NS_METADATA, "EntityDescriptor"))
		return fault(why, FAULT_INVALID, "not an EntityDescriptor");
	const struct xml *role = find_role(a, root);

	p.entity_id = xml_get(a, root, "entityID");
	if (!is_uri(p.entity_id))
		return fault(why, FAULT_INVALID, "no usable entityID");
	if (!role)
		return fault(why, FAULT_INVALID,
		             "no SPSSODescriptor of SAML 2.0");
	p.signs_requests = is_true(xml_get(a, role, "AuthnRequestsSigned"));
	p.response_is_enough =
	    is_false(xml_get(a, role, "WantAssertionsSigned"));
	if (!read_keys(a, role, &p, why) || !read_acs(a, role, &p, why) ||
	    !read_logout(a, role, &p, why))
		return false;
	read_formats(a, role, &p);
	*ret_partner = p;
	return true;
}

bool partner_owns(const struct partner *p, const char *url)
{
	for (size_t i = 0; i < p->acs_count; i++)
		if (text_equal(p->acs[i].url, url))
			return true;
	return false;
}

const char *partner_default_acs(const struct partner *p)
{
	for (size_t i = 0; i < p->acs_count; i++)
		if (p->acs[i].is_default)
			return p->acs[i].url;
	for (size_t i = 0; i < p->acs_count; i++)
		if (!p->acs[i].is_not_default)
			return p->acs[i].url;
	return p->acs[0].url;
}

const char *partner_acs_at(const struct partner *p, int index)
{
	for (size_t i = 0; i < p->acs_count; i++)
		if (index >= 0 && p->acs[i].index == index)
			return p->acs[i].url;
	return NULL;
}
