/* SPDX-License-Identifier: AGPL-3.0-or-later
 * idp_metadata.c: the IdP metadata, one EntityDescriptor per issuer (SAML
 * Metadata 2.3.2 and 2.4.3).  Cached per configuration and set of certificates:
 * a request costs a copy. */
#include "idp/saml/metadata.h"

#include <pthread.h>
#include <string.h>

#include "idp/page/page.h"
#include "idp/saml/names.h"
#include "idp/saml/saml.h"
#include "lib/escape.h"
#include "lib/text.h"

enum { KEPT = 32 };

char *metadata_sso(struct arena *a, const struct issuer *i)
{
	return arena_print(a, "%s/saml/sso", i->url);
}

char *metadata_slo(struct arena *a, const struct issuer *i)
{
	return arena_print(a, "%s/saml/slo", i->url);
}

static void add_names(struct text *t, const char *display)
{
	static const char *const languages[] = { "nb", "nn", "en" };

	text_add(t, "<Extensions><mdui:UIInfo>");
	for (size_t i = 0; i < LENGTH(languages); i++) {
		text_addf(t, "<mdui:DisplayName xml:lang=\"%s\">",
		          languages[i]);
		escape_xml(t, display);
		text_add(t, "</mdui:DisplayName>");
	}
	text_add(t, "</mdui:UIInfo></Extensions>\n");
}

static void add_key(struct text *t, const char *certificate)
{
	text_addf(t,
	          "<KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data>"
	          "<ds:X509Certificate>%s</ds:X509Certificate>"
	          "</ds:X509Data></ds:KeyInfo></KeyDescriptor>\n",
	          certificate);
}

static void add_endpoint(struct text *t, const char *name, const char *binding,
                         const char *address)
{
	text_addf(t, "<%s Binding=\"%s\" Location=\"", name, binding);
	escape_xml_attribute(t, address);
	text_add(t, "\"/>\n");
}

/* Adds the first e-mail address in contact, if there is one. */
static void add_contact(struct text *t, const char *contact)
{
	char **words = text_split(t->arena, contact, " ,;<>()", NULL);

	while (*words && !strchr(*words, '@'))
		words++;
	if (!*words)
		return;
	text_add(t, "<ContactPerson contactType=\"technical\">"
	            "<EmailAddress>mailto:");
	escape_xml(t, *words);
	text_add(t, "</EmailAddress></ContactPerson>\n");
}

static void add_endpoints(struct text *t, const struct issuer *i)
{
	static const char *const formats[] = { FORMAT_PERSISTENT,
		                               FORMAT_TRANSIENT, FORMAT_MAIL };
	const char *sso = metadata_sso(t->arena, i);

	add_endpoint(t, "SingleLogoutService", BINDING_URI_REDIRECT,
	             metadata_slo(t->arena, i));
	for (size_t k = 0; k < LENGTH(formats); k++)
		text_addf(t, "<NameIDFormat>%s</NameIDFormat>\n", formats[k]);
	add_endpoint(t, "SingleSignOnService", BINDING_URI_REDIRECT, sso);
	add_endpoint(t, "SingleSignOnService", BINDING_URI_POST, sso);
}

char *metadata_text(struct arena *a, const struct region *r,
                    const struct issuer *i, char *const *certificates,
                    size_t count)
{
	struct text t = text_in(a);

	text_add(&t,
	         "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	         "<EntityDescriptor xmlns=\"" NS_METADATA "\" xmlns:ds=\"" NS_DS
	         "\" xmlns:mdui=\"" NS_MDUI "\" entityID=\"");
	escape_xml_attribute(&t, i->entity_id);
	text_add(&t, "\">\n<IDPSSODescriptor WantAuthnRequestsSigned=\"false\" "
	             "protocolSupportEnumeration=\"" NS_PROTOCOL "\">\n");
	add_names(&t, i->owner ? i->owner->display : r->display);
	for (size_t k = 0; k < count; k++)
		add_key(&t, certificates[k]);
	add_endpoints(&t, i);
	text_add(&t, "</IDPSSODescriptor>\n");
	add_contact(&t, i->owner && i->owner->contact ? i->owner->contact
	                                              : r->contact);
	text_add(&t, "</EntityDescriptor>\n");
	return t.at;
}

/* ---- the cache ---- */

static struct kept {
	struct arena *arena;
	char hash[65];
	const char *issuer;
	char **certificates;
	size_t count;
	const char *text;
} kept[KEPT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct kept *find(const char *issuer)
{
	struct kept *k = kept;

	while (k < kept + KEPT - 1 && k->issuer &&
	       !text_equal(k->issuer, issuer))
		k++;
	return k;
}

static bool is_current(const struct kept *k, const struct region *r,
                       const struct issuer *i, const struct public_keys *keys)
{
	if (!text_equal(k->issuer, i->name) ||
	    k->count != keys->certificate_count ||
	    memcmp(k->hash, r->hash, sizeof(k->hash)) != 0)
		return false;
	for (size_t n = 0; n < k->count; n++)
		if (!text_equal(k->certificates[n], keys->certificates[n]))
			return false;
	return true;
}

static void renew(struct kept *k, const struct region *r,
                  const struct issuer *i, const struct public_keys *keys)
{
	struct arena *a = arena_open();

	arena_close(k->arena);
	*k = (struct kept){ .arena = a, .count = keys->certificate_count };
	memcpy(k->hash, r->hash, sizeof(k->hash));
	k->issuer = arena_copy(a, i->name);
	k->certificates = arena_array(a, char *, k->count + 1);
	for (size_t n = 0; n < k->count; n++)
		k->certificates[n] = arena_copy(a, keys->certificates[n]);
	k->text = metadata_text(a, r, i, k->certificates, k->count);
}

static char *text_of(struct visit *v, const struct public_keys *keys)
{
	pthread_mutex_lock(&lock);
	struct kept *k = find(v->issuer->name);

	if (!is_current(k, v->region, v->issuer, keys))
		renew(k, v->region, v->issuer, keys);
	char *text = arena_copy(v->arena, k->text);
	pthread_mutex_unlock(&lock);
	return text;
}

void saml_metadata(struct visit *v)
{
	const struct public_keys *keys;
	struct fault why = { 0 };

	if (!v->issuer) {
		page_refused(v, "not-found", NULL, NULL);
		return;
	}
	if (!visit_public_keys(v, v->issuer, &keys, &why)) {
		page_fault(v, &why);
		return;
	}
	char *text = text_of(v, keys);

	answer_text(v->answer, 200, "application/samlmetadata+xml", text,
	            strlen(text));
	v->answer->may_be_cached = true;
}
