/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authn_check.c: every login is one password (`acr` of Digdir's levels). */
#include "idp/signer/authn_check.h"

#include "lib/clock.h"
#include "lib/strbuf.h"

enum { CLOCK_SKEW_S = 60 };

#define NS_ASSERTION "urn:oasis:names:tc:SAML:2.0:assertion"
#define SAML_CLASS   "urn:oasis:names:tc:SAML:2.0:ac:classes:"

static const char *const possible_classes[] = {
	"idporten-loa-low",
	SAML_CLASS "unspecified",
	SAML_CLASS "Password",
	SAML_CLASS "PasswordProtectedTransport",
};

/* RFC 8176. */
static const char *const possible_methods[] = { "pwd" };

static bool is_one_of(const char *text, const char *const *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text && text_equal(text, all[i]))
			return true;
	return false;
}

/* Of acr and AuthnContextClassRef. */
static bool authn_class_is_possible(const char *class_ref)
{
	return is_one_of(class_ref, possible_classes, LENGTH(possible_classes));
}

static bool authn_time_is_possible(const struct config *cfg, int64_t when,
                                   int64_t now)
{
	return when <= now + CLOCK_SKEW_S &&
	       when >= now - cfg->session_store.max_lifetime - CLOCK_SKEW_S;
}

static bool authn_methods_are_possible(const json_t *amr)
{
	const json_t *method;
	size_t i;

	if (!json_is_array(amr))
		return false;
	json_array_foreach(amr, i, method)
	{
		if (!is_one_of(json_string_value(method), possible_methods,
		               LENGTH(possible_methods)))
			return false;
	}
	return true;
}

bool authn_claims_check(const struct config *cfg, const json_t *claims,
                        int64_t now, struct error *err)
{
	const json_t *acr = json_object_get(claims, "acr");
	const json_t *amr = json_object_get(claims, "amr");

	if (acr && !authn_class_is_possible(json_string_value(acr)))
		return error_set(err, ERROR_REFUSED,
		                 "acr is not that of a method we have");
	if (amr && !authn_methods_are_possible(amr))
		return error_set(err, ERROR_REFUSED,
		                 "amr is not that of a method we have");
	if (json_object_get(claims, "auth_time") &&
	    !authn_time_is_possible(cfg, js_number(claims, "auth_time", -1),
	                            now))
		return error_set(err, ERROR_REFUSED,
		                 "auth_time is not within the longest session");
	return true;
}

static bool authn_statement_check(const struct config *cfg,
                                  const struct c14n_element *statement,
                                  int64_t now, struct error *err)
{
	const char *instant = c14n_attribute_value(statement, "AuthnInstant");
	const struct c14n_element *class_ref = c14n_element_child(
	    c14n_element_child(statement, NS_ASSERTION, "AuthnContext"),
	    NS_ASSERTION, "AuthnContextClassRef");
	int64_t when;

	if (!class_ref || !authn_class_is_possible(class_ref->text))
		return error_set(err, ERROR_REFUSED,
		                 "AuthnContextClassRef is not that of a method "
		                 "we have");
	if (!instant || !clock_parse_iso(instant, &when) ||
	    !authn_time_is_possible(cfg, when, now))
		return error_set(
		    err, ERROR_REFUSED,
		    "AuthnInstant is not within the longest session");
	return true;
}

bool authn_statements_check(const struct config *cfg,
                            const struct c14n_element *assertion, int64_t now,
                            struct error *err)
{
	const struct c14n_element *e = assertion->first;

	if (c14n_element_count(assertion, NS_ASSERTION,
	                       "AuthnContextClassRef") !=
	    c14n_element_count(assertion, NS_ASSERTION, "AuthnStatement"))
		return error_set(err, ERROR_REFUSED,
		                 "AuthnStatement does not have exactly one "
		                 "AuthnContextClassRef");
	for (; e; e = e->next)
		if (c14n_element_is(e, NS_ASSERTION, "AuthnStatement") &&
		    !authn_statement_check(cfg, e, now, err))
			return false;
	return true;
}
