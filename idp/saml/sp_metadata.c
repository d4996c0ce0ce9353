/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_metadata.c: parses SP metadata (SAML Metadata 2.4.4).  An operator
 * installs the file, but its author is the SP, so it is checked as strictly as
 * a message. */
#include "idp/saml/sp_metadata.h"

#include <string.h>

#include "idp/saml/saml_uris.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum { SP_METADATA_MAX = 512 * 1024, ENTITY_ID_MAX = 1024 };

static bool sp_metadata_is_uri(const char *text)
{
	if (!text || !*text || strlen(text) > ENTITY_ID_MAX)
		return false;
	for (; *text; text++)
		if (*text <= 0x20 || *text >= 0x7F)
			return false;
	return true;
}

/* Only https: a Response grants access to the service.  No fragment: browsers
 * do not send it. */
static bool sp_metadata_is_https_url(const char *url)
{
	return sp_metadata_is_uri(url) && text_starts(url, "https://") &&
	       strlen(url) > strlen("https://") && !strpbrk(url, "#\\\"'<>");
}

static bool sp_metadata_read_index(struct arena *a, const struct xml *e,
                                   int *ret_index)
{
	const char *text = xml_attribute(a, e, "index");
	long long index = -1;

	if (text && !text_to_number(text, 0, 65535, &index))
		return false;
	*ret_index = (int)index;
	return true;
}

static bool sp_metadata_is_true(const char *text)
{
	return text_equal(text, "true") || text_equal(text, "1");
}

static bool sp_metadata_is_false(const char *text)
{
	return text_equal(text, "false") || text_equal(text, "0");
}

static bool sp_metadata_read_acs(struct arena *a, const struct xml *role,
                                 struct sp_metadata *sp, struct error *err)
{
	const struct xml *e =
	    xml_child(role, NS_METADATA, "AssertionConsumerService");
	VECTOR(struct sp_acs) found = { 0 };

	for (; e; e = xml_next_same_name(e)) {
		const char *is_default = xml_attribute(a, e, "isDefault");
		struct sp_acs acs = {
			.url = xml_attribute(a, e, "Location"),
			.is_default = sp_metadata_is_true(is_default),
			.is_not_default = sp_metadata_is_false(is_default),
		};

		if (!text_equal(xml_attribute(a, e, "Binding"),
		                BINDING_URI_POST))
			continue;
		if (!sp_metadata_is_https_url(acs.url) ||
		    !sp_metadata_read_index(a, e, &acs.index))
			return error_set(err, ERROR_INVALID,
			                 "AssertionConsumerService has no "
			                 "https Location or no index");
		*vector_append(a, &found) = acs;
	}
	if (found.count == 0)
		return error_set(err, ERROR_INVALID,
		                 "no AssertionConsumerService with HTTP-POST");
	sp->acs = found.at;
	sp->acs_count = found.count;
	return true;
}

static bool sp_metadata_read_slo(struct arena *a, const struct xml *role,
                                 struct sp_metadata *sp, struct error *err)
{
	const struct xml *e =
	    xml_child(role, NS_METADATA, "SingleLogoutService");

	for (; e && !sp->slo_url; e = xml_next_same_name(e)) {
		if (!text_equal(xml_attribute(a, e, "Binding"),
		                BINDING_URI_REDIRECT))
			continue;
		sp->slo_url = xml_attribute(a, e, "Location");
		sp->slo_response_url = xml_attribute(a, e, "ResponseLocation");
		if (!sp->slo_response_url)
			sp->slo_response_url = sp->slo_url;
		if (!sp_metadata_is_https_url(sp->slo_url) ||
		    !sp_metadata_is_https_url(sp->slo_response_url))
			return error_set(
			    err, ERROR_INVALID,
			    "SingleLogoutService has no https Location");
	}
	return true;
}

/* A KeyDescriptor without use is for signing too (Metadata 2.4.1.1). */
static bool sp_metadata_is_signing_key(struct arena *a,
                                       const struct xml *descriptor)
{
	const char *use = xml_attribute(a, descriptor, "use");

	return !use || text_equal(use, "signing");
}

static bool sp_metadata_read_key(struct arena *a, const struct xml *descriptor,
                                 struct verify_key **ret_key, struct error *err)
{
	const struct xml *info = xml_child(descriptor, NS_DS, "KeyInfo");
	const struct xml *data = xml_child(info, NS_DS, "X509Data");
	const struct xml *certificate =
	    xml_child(data, NS_DS, "X509Certificate");

	if (!certificate)
		return error_set(err, ERROR_INVALID,
		                 "KeyDescriptor has no X509Certificate");
	struct strbuf base64 = strbuf_init(a);
	char **lines = text_split(a, xml_text(a, certificate), " \t\r\n", NULL);

	for (; *lines; lines++)
		strbuf_append(&base64, *lines);
	return verify_key_from_certificate(a, base64.data, ret_key, err);
}

static bool sp_metadata_read_keys(struct arena *a, const struct xml *role,
                                  struct sp_metadata *sp, struct error *err)
{
	const struct xml *e = xml_child(role, NS_METADATA, "KeyDescriptor");
	VECTOR(struct verify_key *) keys = { 0 };

	for (; e; e = xml_next_same_name(e)) {
		struct verify_key *key;

		if (!sp_metadata_is_signing_key(a, e))
			continue;
		if (!sp_metadata_read_key(a, e, &key, err))
			return false;
		*vector_append(a, &keys) = key;
	}
	sp->keys = keys.at;
	sp->key_count = keys.count;
	if (sp->authn_requests_signed && keys.count == 0)
		return error_set(
		    err, ERROR_INVALID,
		    "AuthnRequestsSigned without a signing KeyDescriptor");
	return true;
}

static void sp_metadata_read_nameid_formats(struct arena *a,
                                            const struct xml *role,
                                            struct sp_metadata *sp)
{
	const struct xml *e = xml_child(role, NS_METADATA, "NameIDFormat");
	size_t count = xml_count(role, NS_METADATA, "NameIDFormat");

	sp->nameid_formats = arena_array(a, char *, count + 1);
	for (size_t i = 0; e; e = xml_next_same_name(e))
		sp->nameid_formats[i++] = xml_text_trimmed(a, e);
}

static bool sp_metadata_supports_saml2(struct arena *a, const struct xml *role)
{
	char **protocols =
	    text_split(a, xml_attribute(a, role, "protocolSupportEnumeration"),
	               " \t\r\n", NULL);

	while (*protocols && !text_equal(*protocols, NS_PROTOCOL))
		protocols++;
	return *protocols != NULL;
}

static const struct xml *sp_metadata_find_role(struct arena *a,
                                               const struct xml *root)
{
	const struct xml *role =
	    xml_child(root, NS_METADATA, "SPSSODescriptor");

	while (role && !sp_metadata_supports_saml2(a, role))
		role = xml_next_same_name(role);
	return role;
}

bool sp_metadata_parse(struct arena *a, const char *xml, size_t length,
                       struct sp_metadata *ret_sp, struct error *err)
{
	struct sp_metadata sp = { 0 };
	const struct xml *root;

	if (!xml_parse(a, xml, length, SP_METADATA_MAX, XML_FILE, &root, err))
		return false;
	if (!xml_is(root, NS_METADATA, "EntityDescriptor"))
		return error_set(err, ERROR_INVALID,
		                 "root element is not EntityDescriptor");
	const struct xml *role = sp_metadata_find_role(a, root);

	sp.entity_id = xml_attribute(a, root, "entityID");
	if (!sp_metadata_is_uri(sp.entity_id))
		return error_set(err, ERROR_INVALID,
		                 "entityID is missing or not a URI");
	if (!role)
		return error_set(err, ERROR_INVALID,
		                 "no SPSSODescriptor that supports SAML 2.0");
	sp.authn_requests_signed =
	    sp_metadata_is_true(xml_attribute(a, role, "AuthnRequestsSigned"));
	sp.response_signature_only = sp_metadata_is_false(
	    xml_attribute(a, role, "WantAssertionsSigned"));
	if (!sp_metadata_read_keys(a, role, &sp, err) ||
	    !sp_metadata_read_acs(a, role, &sp, err) ||
	    !sp_metadata_read_slo(a, role, &sp, err))
		return false;
	sp_metadata_read_nameid_formats(a, role, &sp);
	*ret_sp = sp;
	return true;
}

bool sp_metadata_has_acs(const struct sp_metadata *sp, const char *url)
{
	for (size_t i = 0; i < sp->acs_count; i++)
		if (text_equal(sp->acs[i].url, url))
			return true;
	return false;
}

const char *sp_metadata_default_acs(const struct sp_metadata *sp)
{
	for (size_t i = 0; i < sp->acs_count; i++)
		if (sp->acs[i].is_default)
			return sp->acs[i].url;
	for (size_t i = 0; i < sp->acs_count; i++)
		if (!sp->acs[i].is_not_default)
			return sp->acs[i].url;
	return sp->acs[0].url;
}

const char *sp_metadata_acs_by_index(const struct sp_metadata *sp, int index)
{
	for (size_t i = 0; i < sp->acs_count; i++)
		if (index >= 0 && sp->acs[i].index == index)
			return sp->acs[i].url;
	return NULL;
}
