/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authn_context.c: RequestedAuthnContext (SAML Core 3.3.2.2.1), and the
 * AuthnContextClassRef of a Response.  A class is never returned for a login
 * that does not satisfy it. */
#include "idp/saml/context.h"

#include "idp/saml/gate.h"
#include "idp/saml/names.h"
#include "lib/text.h"

enum { REFS_MOST = 16 };

#define ACR_LOW         "idporten-loa-low"
#define ACR_SUBSTANTIAL "idporten-loa-substantial"
#define ACR_HIGH        "idporten-loa-high"
#define ACR_MFA         "https://refeds.org/profile/mfa"

/* Weakest first.  rank: the order for minimum, maximum and better; acr: the
 * acr that a login must have, NULL if its method is compared instead. */
static const struct class
{
	const char *uri;
	int rank;
	const char *acr;
} classes[] = {
	{ CLASS_UNSPECIFIED, 0, NULL }, { CLASS_PASSWORD, 1, NULL },
	{ CLASS_PROTECTED, 2, NULL },   { ACR_LOW, 2, ACR_LOW },
	{ ACR_MFA, 3, ACR_MFA },        { ACR_SUBSTANTIAL, 3, ACR_SUBSTANTIAL },
	{ ACR_HIGH, 4, ACR_HIGH },
};

static const struct class *find(const char *uri)
{
	for (size_t i = 0; i < LENGTH(classes); i++)
		if (text_equal(classes[i].uri, uri))
			return &classes[i];
	return NULL;
}

enum comparison { EXACT = 0, MINIMUM, MAXIMUM, BETTER };

static bool read_comparison(const char *word, enum comparison *ret)
{
	static const char *const words[] = { "exact", "minimum", "maximum",
		                             "better" };

	*ret = EXACT;
	for (size_t i = 0; word && i < LENGTH(words); i++) {
		if (!text_equal(words[i], word))
			continue;
		*ret = (enum comparison)i;
		return true;
	}
	return word == NULL;
}

/* Core 3.3.2.2.1: better is stronger than every requested class; the others
 * need only one of them. */
static bool compares(enum comparison how, const struct class *mine,
                     const struct class *asked)
{
	switch (how) {
	case MINIMUM:
		return mine == asked || mine->rank > asked->rank;
	case MAXIMUM:
		return mine->rank <= asked->rank;
	case BETTER:
		return mine->rank > asked->rank;
	case EXACT:
		break;
	}
	return mine == asked;
}

static bool meets(enum comparison how, const struct class *mine,
                  const struct class *const *asked, size_t count)
{
	size_t met = 0;

	for (size_t i = 0; i < count; i++)
		met += compares(how, mine, asked[i]);
	return how == BETTER ? met == count && count > 0 : met > 0;
}

static bool read_refs(struct arena *a, const struct xml *asked,
                      const struct class **refs, size_t *ret_count,
                      struct fault *why)
{
	const struct xml *e =
	    xml_child(asked, NS_ASSERTION, "AuthnContextClassRef");
	size_t count = 0;

	if (xml_count(asked, NS_ASSERTION, "AuthnContextClassRef") > REFS_MOST)
		return gate_refuse(why, "too many authentication contexts");
	for (; e; e = xml_again(e)) {
		refs[count] = find(xml_word(a, e));
		count += refs[count] != NULL;
	}
	*ret_count = count;
	return true;
}

bool context_read(struct arena *a, const struct xml *request,
                  json_t **ret_classes, struct fault *why)
{
	const struct xml *asked =
	    xml_child(request, NS_PROTOCOL, "RequestedAuthnContext");
	const struct class *refs[REFS_MOST + 1];
	enum comparison how;
	size_t count;

	*ret_classes = NULL;
	if (!asked)
		return true;
	if (xml_again(asked) ||
	    !read_comparison(xml_get(a, asked, "Comparison"), &how))
		return gate_refuse(why,
		                   "a RequestedAuthnContext of another form");
	if (!read_refs(a, asked, refs, &count, why))
		return false;
	json_t *met = js_keep(a, json_array());

	for (size_t i = 0; i < LENGTH(classes); i++)
		if (meets(how, &classes[i], refs, count))
			json_array_append_new(met, json_string(classes[i].uri));
	*ret_classes = met;
	return true;
}

const char *context_acr(const json_t *asked)
{
	const struct class *first =
	    find(json_string_value(json_array_get(asked, 0)));

	return first && first->rank > 2 ? first->acr : NULL;
}

/* Levels of assurance are ordered; multi-factor authentication is not a level
 * and satisfies only the lowest one. */
static bool acr_reaches(const char *acr, const char *wanted)
{
	const struct class *has = find(acr);
	const int rank = find(wanted)->rank;

	if (!has || !has->acr)
		return false;
	if (text_equal(acr, wanted))
		return true;
	if (text_equal(acr, ACR_MFA))
		return text_equal(wanted, ACR_LOW);
	return !text_equal(wanted, ACR_MFA) && has->rank > rank;
}

static bool is_met(const struct class *c, const char *acr, const char *method)
{
	if (!c)
		return false;
	if (c->acr)
		return acr_reaches(acr, c->acr);
	return c->rank == 0 || text_equal(method, "pwd");
}

/* Without a RequestedAuthnContext: the class of a password over TLS, or a
 * higher level if the login has one. */
static const char *by_itself(const char *acr, const char *method)
{
	const struct class *reached = find(acr);

	if (reached && reached->rank > 2)
		return reached->uri;
	return text_equal(method, "pwd") ? CLASS_PROTECTED : CLASS_UNSPECIFIED;
}

const char *context_met(const json_t *asked, const char *acr,
                        const char *method)
{
	size_t count = json_array_size(asked);

	if (!asked)
		return by_itself(acr, method);
	for (size_t i = 0; i < count; i++) {
		const struct class *c =
		    find(json_string_value(json_array_get(asked, i)));

		if (is_met(c, acr, method))
			return c->uri;
	}
	return NULL;
}
