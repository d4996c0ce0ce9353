/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/oauth/scope.h"
#include "idp/oidc/acr.h"
#include "lib/strbuf.h"

static char *const languages[] = { (char *)"nb", (char *)"nn", (char *)"en",
	                           NULL };
static const struct config region = { .languages = (char **)languages };

static void the_first_supported_language_is_selected(void **state)
{
	static const struct {
		const char *ui_locales, *selected;
	} rows[] = {
		{ "nn nb-NO en", "nn" }, { "de fr nb-NO", "nb" },
		{ "no", "nb" },          { "EN-gb", "en" },
		{ "se", NULL },          { "nb_NO", NULL },
		{ "../../etc", NULL },   { "", NULL },
		{ NULL, NULL },          { "- -- -nb", "nb" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (!text_equal(
			ui_locales_select(a, &region, rows[i].ui_locales),
			rows[i].selected))
			fail_msg("%s", rows[i].ui_locales);
	arena_close(a);
}

static void the_weakest_supported_acr_is_selected(void **state)
{
	(void)state;
	assert_string_equal(acr_select("idporten-loa-high idporten-loa-low"),
	                    "idporten-loa-low");
	assert_string_equal(acr_select("urn:x idporten-loa-high"),
	                    "idporten-loa-high");
	assert_null(acr_select("urn:x"));
	assert_null(acr_select(NULL));
}

static void scope_tokens_are_compared_whole(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_true(scope_has("email openid", "openid"));
	assert_false(scope_has("openidx xopenid OPENID", "openid"));
	assert_false(scope_has(NULL, "openid"));
	assert_string_equal(
	    scope_filter_supported(
		a, "tenant:kongsberg email  openid email nothing"),
	    "openid email");
	assert_true(scope_is_subset(a, "email", "openid email"));
	assert_false(scope_is_subset(a, "email phone", "openid email"));
	assert_true(scope_is_valid("openid tenant:x"));
	assert_false(scope_is_valid("openid \"x"));
	assert_false(scope_is_valid("openid\\"));
	assert_false(scope_is_valid("openid \xc3\xa6"));
	assert_false(scope_is_valid(NULL));
	arena_close(a);
}

TESTS(the_first_supported_language_is_selected,
      the_weakest_supported_acr_is_selected, scope_tokens_are_compared_whole)
