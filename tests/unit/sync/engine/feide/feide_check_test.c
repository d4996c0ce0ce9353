/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/feide/feide_check.h"

#define G     "urn:mace:feide.no:go:group:"
#define I     "urn:mace:feide.no:go:groupid:"
#define DATES ":2020-08-01:2021-06-15"
#define YEAR                              \
	"urn:mace:feide.no:go:grep:http:" \
	"//psi.udir.no/laereplan/aarstrinn/aarstrinn6"
#define CLASS    G "b::NO987654321:6a" DATES ":student:6A"
#define CLASS_ID I "b:NO987654321:6a" DATES

/* A pupil without errors, except for these entitlements. */
static json_t *pupil(struct arena *a, const char *const *entitlements)
{
	static const char *const names[] = {
		"cn",
		"displayName",
		"norEduPersonLegalName",
		"givenName",
		"sn",
		"uid",
		"eduPersonPrincipalName",
		"eduPersonOrgDN",
		"eduPersonOrgUnitDN",
		"eduPersonPrimaryOrgUnitDN",
	};
	const char *kinds[] = { "student", "member" };
	const char *values[8];
	json_t *form = js_own(a, json_object());
	size_t count = 0;

	for (size_t i = 0; i < LENGTH(names); i++)
		entry_json_set(form, names[i], "x");
	entry_json_set_values(form, "eduPersonAffiliation", kinds, 2);
	while (entitlements[count]) {
		values[count] = entitlements[count];
		count++;
	}
	entry_json_set_values(form, "eduPersonEntitlement", values, count);
	return form;
}

static bool finds(const json_t *found, enum feide_issue e)
{
	for (size_t i = 0; i < json_array_size(found); i++)
		if (text_equal(js_string(json_array_get(found, i), "error"),
		               feide_issue_text(e)->code))
			return true;
	return false;
}

static void each_error_class_is_reported(void **state)
{
	static const struct {
		enum feide_issue error;
		const char *entitlements[5];
	} rows[] = {
		{ FEIDE_ISSUE_NONE, { YEAR, CLASS, CLASS_ID } },
		{ FEIDE_GROUPID_NOT_CANONICAL,
		  { YEAR, CLASS, I "b:NO987654321:6A" DATES } },
		{ FEIDE_GROUPID_NOT_CANONICAL,
		  { YEAR, CLASS, I "b:NO987654321:%c3%a5" DATES } },
		{ FEIDE_GROUPID_NOT_CANONICAL,
		  { YEAR, CLASS, I "b:987654321:6a" DATES } },
		{ FEIDE_GROUPID_NOT_CANONICAL,
		  { YEAR, CLASS, I "x:NO987654321:6a" DATES } },
		{ FEIDE_GROUPID_WITHOUT_GROUP,
		  { YEAR, CLASS, CLASS_ID, I "b:NO987654321:6b" DATES } },
		{ FEIDE_GROUP_CODE_INVALID,
		  { YEAR, G "u:MATTE:NO987654321:6a" DATES ":student:6A",
		    I "u:NO987654321:6a" DATES } },
		{ FEIDE_GROUP_CODE_INVALID, { YEAR, G "b::NO987654321:6a" } },
		{ FEIDE_GROUP_WITHOUT_CODE,
		  { YEAR, G "u::NO987654321:6a" DATES ":student:6A",
		    I "u:NO987654321:6a" DATES } },
		{ FEIDE_GROUP_WITHOUT_GROUPID,
		  { YEAR, CLASS, I "b:NO987654321:6b" DATES } },
		{ FEIDE_MISSING_GREP, { CLASS, CLASS_ID } },
		{ FEIDE_MISSING_GROUPIDS, { YEAR, CLASS } },
		{ FEIDE_MISSING_GROUPS, { YEAR } },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const json_t *found =
		    feide_check_person(a, pupil(a, rows[i].entitlements));
		enum feide_issue e = rows[i].error;

		if (e == FEIDE_ISSUE_NONE ? json_array_size(found) > 0
		                          : !finds(found, e))
			fail_msg("row %zu: %s", i, js_dump(a, found));
	}
	arena_close(a);
}

static void a_missing_required_attribute_is_reported(void **state)
{
	static const char *const good[] = { YEAR, CLASS, CLASS_ID, NULL };
	struct arena *a = arena_open();
	json_t *form = pupil(a, good);

	(void)state;
	entry_json_set(form, "givenName", NULL);
	entry_json_set(form, "eduPersonPrimaryOrgUnitDN", NULL);
	json_t *found = feide_check_person(a, form);
	assert_true(finds(found, FEIDE_MISSING_ATTRIBUTE));
	assert_true(finds(found, FEIDE_MISSING_UNIT));
	assert_int_equal(json_array_size(found), 2);
	assert_false(feide_drop_invalid_values(a, form, found));
	arena_close(a);
}

static void an_invalid_group_is_removed_with_its_id(void **state)
{
	static const char *const bad[] = { YEAR,
		                           CLASS,
		                           CLASS_ID,
		                           G "u::NO987654321:m" DATES
		                             ":student:M",
		                           I "u:NO987654321:m" DATES,
		                           NULL };
	static const char *const good[] = { YEAR, CLASS, CLASS_ID, NULL };
	struct arena *a = arena_open();
	json_t *form = pupil(a, bad);

	(void)state;
	assert_true(
	    feide_drop_invalid_values(a, form, feide_check_person(a, form)));
	assert_true(json_equal(form, pupil(a, good)));
	arena_close(a);
}

static void two_schools_with_one_number_are_reported(void **state)
{
	struct school schools[] = {
		{ .code = "a", .organisation_number = "974623609" },
		{ .code = "b", .organisation_number = "974623617" },
		{ .code = "c", .organisation_number = "974623609" }
	};
	struct feide f = { .schools = schools, .school_count = 2 };
	struct arena *a = arena_open();

	(void)state;
	assert_int_equal(json_array_size(feide_check_units(a, &f)), 0);
	f.school_count = 3;
	assert_true(finds(feide_check_units(a, &f), FEIDE_DUPLICATE_UNIT));
	arena_close(a);
}

TESTS(each_error_class_is_reported, a_missing_required_attribute_is_reported,
      an_invalid_group_is_removed_with_its_id,
      two_schools_with_one_number_are_reported)
