/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/saml/authn_context.h"
#include "idp/saml/saml_uris.h"
#include "lib/strbuf.h"

#define LOW         "idporten-loa-low"
#define SUBSTANTIAL "idporten-loa-substantial"
#define HIGH        "idporten-loa-high"
#define MFA         "https://refeds.org/profile/mfa"

/* A requested class, and the acr and method of the login: the class returned,
 * if any, and the required acr. */
static const struct {
	const char *comparison, *class, *acr, *method, *returned, *required;
} rows[] = {
	{ NULL, NULL, LOW, "pwd", CLASS_PROTECTED, NULL },
	{ NULL, NULL, HIGH, "pwd", HIGH, NULL },
	{ NULL, NULL, MFA, "pwd", MFA, NULL },
	{ NULL, NULL, "invented", "kerberos", CLASS_UNSPECIFIED, NULL },
	{ NULL, NULL, NULL, "pwd", CLASS_PROTECTED, NULL },
	{ "exact", CLASS_PROTECTED, LOW, "pwd", CLASS_PROTECTED, NULL },
	{ "exact", CLASS_PROTECTED, LOW, "kerberos", NULL, NULL },
	{ "exact", CLASS_PASSWORD, LOW, "pwd", CLASS_PASSWORD, NULL },
	{ "exact", CLASS_UNSPECIFIED, LOW, "x", CLASS_UNSPECIFIED, NULL },
	{ "exact", LOW, LOW, "pwd", LOW, NULL },
	{ "exact", SUBSTANTIAL, LOW, "pwd", NULL, SUBSTANTIAL },
	{ "exact", SUBSTANTIAL, SUBSTANTIAL, "pwd", SUBSTANTIAL, SUBSTANTIAL },
	/* A stronger login than requested: the requested class is returned. */
	{ "exact", SUBSTANTIAL, HIGH, "pwd", SUBSTANTIAL, SUBSTANTIAL },
	{ "exact", HIGH, SUBSTANTIAL, "pwd", NULL, HIGH },
	{ "exact", HIGH, NULL, "pwd", NULL, HIGH },
	{ "exact", HIGH, "invented", "pwd", NULL, HIGH },
	/* Multi-factor authentication is not a level, and vice versa. */
	{ "exact", MFA, HIGH, "pwd", NULL, MFA },
	{ "exact", HIGH, MFA, "pwd", NULL, HIGH },
	{ "exact", LOW, MFA, "pwd", LOW, NULL },
	{ "exact", SUBSTANTIAL, MFA, "pwd", NULL, SUBSTANTIAL },
	{ "minimum", SUBSTANTIAL, HIGH, "pwd", SUBSTANTIAL, SUBSTANTIAL },
	{ "minimum", SUBSTANTIAL, LOW, "pwd", NULL, SUBSTANTIAL },
	{ "minimum", CLASS_PROTECTED, LOW, "pwd", CLASS_PROTECTED, NULL },
	{ "minimum", CLASS_PROTECTED, HIGH, "x", SUBSTANTIAL, NULL },
	{ "better", SUBSTANTIAL, SUBSTANTIAL, "pwd", NULL, HIGH },
	{ "better", SUBSTANTIAL, HIGH, "pwd", HIGH, HIGH },
	{ "maximum", CLASS_PASSWORD, HIGH, "pwd", CLASS_UNSPECIFIED, NULL },
};

static json_t *classes_of(struct arena *a, const char *comparison,
                          const char *class)
{
	const struct xml *root;
	json_t *classes;
	char *xml =
	    arena_printf(a,
	                 "<p:AuthnRequest xmlns:p=\"" NS_PROTOCOL
	                 "\" xmlns:s=\"" NS_ASSERTION
	                 "\"><p:RequestedAuthnContext Comparison=\"%s\">"
	                 "<s:AuthnContextClassRef> %s </s:AuthnContextClassRef>"
	                 "</p:RequestedAuthnContext></p:AuthnRequest>",
	                 comparison, class);

	assert_true(
	    xml_parse(a, xml, strlen(xml), 65536, XML_MESSAGE, &root, NULL));
	assert_true(authn_context_parse(a, root, &classes, NULL));
	return classes;
}

static void no_class_is_returned_that_the_login_does_not_satisfy(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		json_t *classes =
		    rows[i].class ? classes_of(a, rows[i].comparison,
		                               rows[i].class)
				  : NULL;
		const char *returned = authn_context_satisfied(
		    classes, rows[i].acr, rows[i].method);
		const char *required =
		    classes ? authn_context_required_acr(classes) : NULL;

		if (!text_equal(returned, rows[i].returned))
			fail_msg("row %zu: returned %s", i,
			         returned ? returned : "nothing");
		if (!text_equal(required, rows[i].required))
			fail_msg("row %zu: required %s", i,
			         required ? required : "nothing");
		arena_close(a);
	}
}

static void an_unknown_class_is_never_satisfied(void **state)
{
	struct arena *a = arena_open();
	json_t *classes = classes_of(a, "exact", "urn:example:retina");

	(void)state;
	assert_non_null(classes);
	assert_int_equal(json_array_size(classes), 0);
	assert_null(authn_context_satisfied(classes, HIGH, "pwd"));
	arena_close(a);
}

TESTS(no_class_is_returned_that_the_login_does_not_satisfy,
      an_unknown_class_is_never_satisfied)
