/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/oidc/scope.h"
#include "idp/oidc/wish.h"
#include "lib/text.h"

static char *const languages[] = { (char *)"nb", (char *)"nn", (char *)"en",
	                           NULL };
static const struct region region = { .languages = (char **)languages };

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
		if (!text_equal(wish_language(a, &region, rows[i].ui_locales),
		                rows[i].selected))
			fail_msg("%s", rows[i].ui_locales);
	arena_close(a);
}

static void the_weakest_supported_acr_is_selected(void **state)
{
	(void)state;
	assert_string_equal(wish_acr("idporten-loa-high idporten-loa-low"),
	                    "idporten-loa-low");
	assert_string_equal(wish_acr("urn:x idporten-loa-high"),
	                    "idporten-loa-high");
	assert_null(wish_acr("urn:x"));
	assert_null(wish_acr(NULL));
}

static void scope_tokens_are_compared_whole(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_true(scope_has("email openid", "openid"));
	assert_false(scope_has("openidx xopenid OPENID", "openid"));
	assert_false(scope_has(NULL, "openid"));
	assert_string_equal(
	    scope_known(a, "tenant:kongsberg email  openid email nothing"),
	    "openid email");
	assert_true(scope_within(a, "email", "openid email"));
	assert_false(scope_within(a, "email phone", "openid email"));
	assert_true(scope_is_clean("openid tenant:x"));
	assert_false(scope_is_clean("openid \"x"));
	assert_false(scope_is_clean("openid\\"));
	assert_false(scope_is_clean("openid \xc3\xa6"));
	assert_false(scope_is_clean(NULL));
	arena_close(a);
}

TESTS(the_first_supported_language_is_selected,
      the_weakest_supported_acr_is_selected, scope_tokens_are_compared_whole)
