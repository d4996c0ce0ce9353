/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authn_context.c: RequestedAuthnContext (SAML Core 3.3.2.2.1), and the
 * AuthnContextClassRef of a Response.  A class is never returned for a login
 * that does not satisfy it. */
#include "idp/saml/authn_context.h"

#include "idp/saml/saml_message_check.h"
#include "idp/saml/saml_uris.h"
#include "lib/strbuf.h"

enum { CLASS_REFS_MAX = 16 };

#define ACR_LOW         "idporten-loa-low"
#define ACR_SUBSTANTIAL "idporten-loa-substantial"
#define ACR_HIGH        "idporten-loa-high"
#define ACR_MFA         "https://refeds.org/profile/mfa"

/* Weakest first.  rank: the order for minimum, maximum and better; acr: the
 * acr that a login must have, NULL if its method is compared instead. */
static const struct authn_class {
	const char *uri;
	int rank;
	const char *acr;
} authn_classes[] = {
	{ CLASS_UNSPECIFIED, 0, NULL }, { CLASS_PASSWORD, 1, NULL },
	{ CLASS_PROTECTED, 2, NULL },   { ACR_LOW, 2, ACR_LOW },
	{ ACR_MFA, 3, ACR_MFA },        { ACR_SUBSTANTIAL, 3, ACR_SUBSTANTIAL },
	{ ACR_HIGH, 4, ACR_HIGH },
};

static const struct authn_class *authn_class_find(const char *uri)
{
	for (size_t i = 0; i < LENGTH(authn_classes); i++)
		if (text_equal(authn_classes[i].uri, uri))
			return &authn_classes[i];
	return NULL;
}

enum authn_comparison { EXACT = 0, MINIMUM, MAXIMUM, BETTER };

static bool authn_context_read_comparison(const char *value,
                                          enum authn_comparison *ret)
{
	static const char *const names[] = { "exact", "minimum", "maximum",
		                             "better" };

	*ret = EXACT;
	for (size_t i = 0; value && i < LENGTH(names); i++) {
		if (!text_equal(names[i], value))
			continue;
		*ret = (enum authn_comparison)i;
		return true;
	}
	return value == NULL;
}

/* Core 3.3.2.2.1: better is stronger than every requested class; the others
 * need only one of them. */
static bool authn_class_compares(enum authn_comparison how,
                                 const struct authn_class *candidate,
                                 const struct authn_class *requested)
{
	switch (how) {
	case MINIMUM:
		return candidate == requested ||
		       candidate->rank > requested->rank;
	case MAXIMUM:
		return candidate->rank <= requested->rank;
	case BETTER:
		return candidate->rank > requested->rank;
	case EXACT:
		break;
	}
	return candidate == requested;
}

static bool authn_class_is_acceptable(
    enum authn_comparison how, const struct authn_class *candidate,
    const struct authn_class *const *requested, size_t count)
{
	size_t met = 0;

	for (size_t i = 0; i < count; i++)
		met += authn_class_compares(how, candidate, requested[i]);
	return how == BETTER ? met == count && count > 0 : met > 0;
}

static bool authn_context_read_refs(struct arena *a,
                                    const struct xml *requested,
                                    const struct authn_class **refs,
                                    size_t *ret_count, struct error *err)
{
	const struct xml *e =
	    xml_child(requested, NS_ASSERTION, "AuthnContextClassRef");
	size_t count = 0;

	if (xml_count(requested, NS_ASSERTION, "AuthnContextClassRef") >
	    CLASS_REFS_MAX)
		return saml_message_error(
		    err, "too many AuthnContextClassRef elements");
	for (; e; e = xml_next_same_name(e)) {
		refs[count] = authn_class_find(xml_text_trimmed(a, e));
		count += refs[count] != NULL;
	}
	*ret_count = count;
	return true;
}

bool authn_context_parse(struct arena *a, const struct xml *request,
                         json_t **ret_classes, struct error *err)
{
	const struct xml *requested =
	    xml_child(request, NS_PROTOCOL, "RequestedAuthnContext");
	const struct authn_class *refs[CLASS_REFS_MAX + 1];
	enum authn_comparison how;
	size_t count = 0;

	*ret_classes = NULL;
	if (!requested)
		return true;
	if (xml_next_same_name(requested) ||
	    !authn_context_read_comparison(
		xml_attribute(a, requested, "Comparison"), &how))
		return saml_message_error(err,
		                          "RequestedAuthnContext is repeated "
		                          "or has an unknown Comparison");
	if (!authn_context_read_refs(a, requested, refs, &count, err))
		return false;
	json_t *acceptable = js_own(a, json_array());

	for (size_t i = 0; i < LENGTH(authn_classes); i++)
		if (authn_class_is_acceptable(how, &authn_classes[i], refs,
		                              count))
			json_array_append_new(
			    acceptable, json_string(authn_classes[i].uri));
	*ret_classes = acceptable;
	return true;
}

const char *authn_context_required_acr(const json_t *classes)
{
	const struct authn_class *first =
	    authn_class_find(json_string_value(json_array_get(classes, 0)));

	return first && first->rank > 2 ? first->acr : NULL;
}

/* Levels of assurance are ordered; multi-factor authentication is not a level
 * and satisfies only the lowest one. */
static bool authn_context_acr_satisfies(const char *acr, const char *required)
{
	const struct authn_class *has = authn_class_find(acr);
	const int rank = authn_class_find(required)->rank;

	if (!has || !has->acr)
		return false;
	if (text_equal(acr, required))
		return true;
	if (text_equal(acr, ACR_MFA))
		return text_equal(required, ACR_LOW);
	return !text_equal(required, ACR_MFA) && has->rank > rank;
}

static bool authn_class_is_satisfied(const struct authn_class *c,
                                     const char *acr, const char *method)
{
	if (!c)
		return false;
	if (c->acr)
		return authn_context_acr_satisfies(acr, c->acr);
	return c->rank == 0 || text_equal(method, "pwd");
}

/* Without a RequestedAuthnContext: the class of a password over TLS, or a
 * higher level if the login has one. */
static const char *authn_context_default(const char *acr, const char *method)
{
	const struct authn_class *reached = authn_class_find(acr);

	if (reached && reached->rank > 2)
		return reached->uri;
	return text_equal(method, "pwd") ? CLASS_PROTECTED : CLASS_UNSPECIFIED;
}

const char *authn_context_satisfied(const json_t *classes, const char *acr,
                                    const char *method)
{
	size_t count = json_array_size(classes);

	if (!classes)
		return authn_context_default(acr, method);
	for (size_t i = 0; i < count; i++) {
		const struct authn_class *c = authn_class_find(
		    json_string_value(json_array_get(classes, i)));

		if (authn_class_is_satisfied(c, acr, method))
			return c->uri;
	}
	return NULL;
}
