/* SPDX-License-Identifier: AGPL-3.0-or-later
 * idp_metadata.c: the IdP metadata, one EntityDescriptor per issuer (SAML
 * Metadata 2.3.2 and 2.4.3).  Cached per configuration and set of certificates:
 * a request costs a copy. */
#include "idp/saml/idp_metadata.h"

#include <pthread.h>
#include <string.h>

#include "idp/page/page.h"
#include "idp/saml/saml.h"
#include "idp/saml/saml_uris.h"
#include "lib/escape.h"
#include "lib/strbuf.h"

enum { METADATA_CACHE_SIZE = 32 };

char *idp_metadata_sso_url(struct arena *a, const struct issuer *i)
{
	return arena_printf(a, "%s/saml/sso", i->url);
}

char *idp_metadata_slo_url(struct arena *a, const struct issuer *i)
{
	return arena_printf(a, "%s/saml/slo", i->url);
}

static void idp_metadata_add_names(struct strbuf *t, const char *display)
{
	static const char *const languages[] = { "nb", "nn", "en" };

	strbuf_append(t, "<Extensions><mdui:UIInfo>");
	for (size_t i = 0; i < LENGTH(languages); i++) {
		strbuf_appendf(t, "<mdui:DisplayName xml:lang=\"%s\">",
		               languages[i]);
		escape_xml(t, display);
		strbuf_append(t, "</mdui:DisplayName>");
	}
	strbuf_append(t, "</mdui:UIInfo></Extensions>\n");
}

static void idp_metadata_add_key(struct strbuf *t, const char *certificate)
{
	strbuf_appendf(
	    t,
	    "<KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data>"
	    "<ds:X509Certificate>%s</ds:X509Certificate>"
	    "</ds:X509Data></ds:KeyInfo></KeyDescriptor>\n",
	    certificate);
}

static void idp_metadata_add_endpoint(struct strbuf *t, const char *name,
                                      const char *binding, const char *url)
{
	strbuf_appendf(t, "<%s Binding=\"%s\" Location=\"", name, binding);
	escape_xml_attribute(t, url);
	strbuf_append(t, "\"/>\n");
}

/* Adds the first e-mail address in contact, if there is one. */
static void idp_metadata_add_contact(struct strbuf *t, const char *contact)
{
	char **parts = text_split(t->arena, contact, " ,;<>()", NULL);

	while (*parts && !strchr(*parts, '@'))
		parts++;
	if (!*parts)
		return;
	strbuf_append(t, "<ContactPerson contactType=\"technical\">"
	                 "<EmailAddress>mailto:");
	escape_xml(t, *parts);
	strbuf_append(t, "</EmailAddress></ContactPerson>\n");
}

static void idp_metadata_add_endpoints(struct strbuf *t, const struct issuer *i)
{
	static const char *const formats[] = { FORMAT_PERSISTENT,
		                               FORMAT_TRANSIENT, FORMAT_MAIL };
	const char *sso = idp_metadata_sso_url(t->arena, i);

	idp_metadata_add_endpoint(t, "SingleLogoutService",
	                          BINDING_URI_REDIRECT,
	                          idp_metadata_slo_url(t->arena, i));
	for (size_t k = 0; k < LENGTH(formats); k++)
		strbuf_appendf(t, "<NameIDFormat>%s</NameIDFormat>\n",
		               formats[k]);
	idp_metadata_add_endpoint(t, "SingleSignOnService",
	                          BINDING_URI_REDIRECT, sso);
	idp_metadata_add_endpoint(t, "SingleSignOnService", BINDING_URI_POST,
	                          sso);
}

char *idp_metadata_build(struct arena *a, const struct config *cfg,
                         const struct issuer *i, char *const *certificates,
                         size_t count)
{
	struct strbuf t = strbuf_init(a);

	strbuf_append(&t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	                  "<EntityDescriptor xmlns=\"" NS_METADATA
	                  "\" xmlns:ds=\"" NS_DS "\" xmlns:mdui=\"" NS_MDUI
	                  "\" entityID=\"");
	escape_xml_attribute(&t, i->entity_id);
	strbuf_append(
	    &t, "\">\n<IDPSSODescriptor WantAuthnRequestsSigned=\"false\" "
		"protocolSupportEnumeration=\"" NS_PROTOCOL "\">\n");
	idp_metadata_add_names(&t, i->owner ? i->owner->display : cfg->display);
	for (size_t k = 0; k < count; k++)
		idp_metadata_add_key(&t, certificates[k]);
	idp_metadata_add_endpoints(&t, i);
	strbuf_append(&t, "</IDPSSODescriptor>\n");
	idp_metadata_add_contact(&t, i->owner && i->owner->contact
	                                 ? i->owner->contact
	                                 : cfg->contact);
	strbuf_append(&t, "</EntityDescriptor>\n");
	return t.data;
}

/* ---- the cache ---- */

static struct cached_metadata {
	struct arena *arena;
	char hash[65];
	const char *issuer;
	char **certificates;
	size_t count;
	const char *xml;
} metadata_cache[METADATA_CACHE_SIZE];
static pthread_mutex_t metadata_cache_lock = PTHREAD_MUTEX_INITIALIZER;

static struct cached_metadata *idp_metadata_cache_slot(const char *issuer)
{
	struct cached_metadata *slot = metadata_cache;

	while (slot < metadata_cache + METADATA_CACHE_SIZE - 1 &&
	       slot->issuer && !text_equal(slot->issuer, issuer))
		slot++;
	return slot;
}

static bool idp_metadata_cache_is_current(const struct cached_metadata *slot,
                                          const struct config *cfg,
                                          const struct issuer *i,
                                          const struct public_keys *keys)
{
	if (!text_equal(slot->issuer, i->name) ||
	    slot->count != keys->certificate_count ||
	    memcmp(slot->hash, cfg->hash, sizeof(slot->hash)) != 0)
		return false;
	for (size_t n = 0; n < slot->count; n++)
		if (!text_equal(slot->certificates[n], keys->certificates[n]))
			return false;
	return true;
}

static void idp_metadata_cache_renew(struct cached_metadata *slot,
                                     const struct config *cfg,
                                     const struct issuer *i,
                                     const struct public_keys *keys)
{
	struct arena *a = arena_open();

	arena_close(slot->arena);
	*slot = (struct cached_metadata){ .arena = a,
		                          .count = keys->certificate_count };
	memcpy(slot->hash, cfg->hash, sizeof(slot->hash));
	slot->issuer = arena_strdup(a, i->name);
	slot->certificates = arena_array(a, char *, slot->count + 1);
	for (size_t n = 0; n < slot->count; n++)
		slot->certificates[n] = arena_strdup(a, keys->certificates[n]);
	slot->xml =
	    idp_metadata_build(a, cfg, i, slot->certificates, slot->count);
}

static char *idp_metadata_cached_text(struct request_context *ctx,
                                      const struct public_keys *keys)
{
	pthread_mutex_lock(&metadata_cache_lock);
	struct cached_metadata *slot =
	    idp_metadata_cache_slot(ctx->issuer->name);

	if (!idp_metadata_cache_is_current(slot, ctx->cfg, ctx->issuer, keys))
		idp_metadata_cache_renew(slot, ctx->cfg, ctx->issuer, keys);
	char *text = arena_strdup(ctx->arena, slot->xml);
	pthread_mutex_unlock(&metadata_cache_lock);
	return text;
}

void saml_metadata(struct request_context *ctx)
{
	const struct public_keys *keys;
	struct error err = { 0 };

	if (!ctx->issuer) {
		error_page_reason(ctx, "not-found", NULL, NULL);
		return;
	}
	if (!issuer_public_keys(ctx, ctx->issuer, &keys, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	char *text = idp_metadata_cached_text(ctx, keys);

	response_set_body(ctx->response, 200, "application/samlmetadata+xml",
	                  text, strlen(text));
	ctx->response->cacheable = true;
}
