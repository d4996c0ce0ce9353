/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/saml/context.h"
#include "idp/saml/names.h"
#include "lib/text.h"

#define LOW         "idporten-loa-low"
#define SUBSTANTIAL "idporten-loa-substantial"
#define HIGH        "idporten-loa-high"
#define MFA         "https://refeds.org/profile/mfa"

/* Asked for, a login of this acr and method: what is said of it, if anything;
 * and the acr that login must reach. */
static const struct {
	const char *comparison, *class, *acr, *method, *said, *wanted;
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
	/* More was done than was asked for: what was asked for is said. */
	{ "exact", SUBSTANTIAL, HIGH, "pwd", SUBSTANTIAL, SUBSTANTIAL },
	{ "exact", HIGH, SUBSTANTIAL, "pwd", NULL, HIGH },
	{ "exact", HIGH, NULL, "pwd", NULL, HIGH },
	{ "exact", HIGH, "invented", "pwd", NULL, HIGH },
	/* A second factor is not a level, nor a level a second factor. */
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
	    arena_print(a,
	                "<p:AuthnRequest xmlns:p=\"" NS_PROTOCOL
	                "\" xmlns:s=\"" NS_ASSERTION
	                "\"><p:RequestedAuthnContext Comparison=\"%s\">"
	                "<s:AuthnContextClassRef> %s </s:AuthnContextClassRef>"
	                "</p:RequestedAuthnContext></p:AuthnRequest>",
	                comparison, class);

	assert_true(
	    xml_read(a, xml, strlen(xml), 65536, XML_MESSAGE, &root, NULL));
	assert_true(context_read(a, root, &classes, NULL));
	return classes;
}

static void never_more_is_said_than_was_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		json_t *classes =
		    rows[i].class ? classes_of(a, rows[i].comparison,
		                               rows[i].class)
				  : NULL;
		const char *said =
		    context_met(classes, rows[i].acr, rows[i].method);
		const char *wanted = classes ? context_acr(classes) : NULL;

		if (!text_equal(said, rows[i].said))
			fail_msg("row %zu: %s", i, said ? said : "nothing");
		if (!text_equal(wanted, rows[i].wanted))
			fail_msg("row %zu: wants %s", i,
			         wanted ? wanted : "nothing");
		arena_close(a);
	}
}

static void what_nobody_knows_is_met_by_nobody(void **state)
{
	struct arena *a = arena_open();
	json_t *classes = classes_of(a, "exact", "urn:example:retina");

	(void)state;
	assert_non_null(classes);
	assert_int_equal(json_array_size(classes), 0);
	assert_null(context_met(classes, HIGH, "pwd"));
	arena_close(a);
}

TESTS(never_more_is_said_than_was_done, what_nobody_knows_is_met_by_nobody)
