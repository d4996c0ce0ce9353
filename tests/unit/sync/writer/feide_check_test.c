/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/attr.h"
#include "lib/text.h"
#include "sync/writer/feide.h"

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
	json_t *form = js_keep(a, json_object());
	size_t count = 0;

	for (size_t i = 0; i < LENGTH(names); i++)
		form_set(form, names[i], "x");
	form_set_all(form, "eduPersonAffiliation", kinds, 2);
	while (entitlements[count]) {
		values[count] = entitlements[count];
		count++;
	}
	form_set_all(form, "eduPersonEntitlement", values, count);
	return form;
}

static bool finds(const json_t *found, enum feide_error e)
{
	for (size_t i = 0; i < json_array_size(found); i++)
		if (text_equal(js_string(json_array_get(found, i), "error"),
		               feide_error_text(e)->word))
			return true;
	return false;
}

static void each_error_class_is_reported(void **state)
{
	static const struct {
		enum feide_error error;
		const char *entitlements[5];
	} rows[] = {
		{ FEIDE_GOOD, { YEAR, CLASS, CLASS_ID } },
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
		{ FEIDE_NO_GREP, { CLASS, CLASS_ID } },
		{ FEIDE_NO_GROUPIDS, { YEAR, CLASS } },
		{ FEIDE_NO_GROUPS, { YEAR } },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const json_t *found =
		    feide_check(a, pupil(a, rows[i].entitlements));
		enum feide_error e = rows[i].error;

		if (e == FEIDE_GOOD ? json_array_size(found) > 0
		                    : !finds(found, e))
			fail_msg("row %zu: %s", i, js_write(a, found));
	}
	arena_close(a);
}

static void a_missing_required_attribute_is_reported(void **state)
{
	static const char *const good[] = { YEAR, CLASS, CLASS_ID, NULL };
	struct arena *a = arena_open();
	json_t *form = pupil(a, good);

	(void)state;
	form_set(form, "givenName", NULL);
	form_set(form, "eduPersonPrimaryOrgUnitDN", NULL);
	json_t *found = feide_check(a, form);
	assert_true(finds(found, FEIDE_NO_REQUIRED));
	assert_true(finds(found, FEIDE_NO_UNIT));
	assert_int_equal(json_array_size(found), 2);
	assert_false(feide_mend(a, form, found));
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
	assert_true(feide_mend(a, form, feide_check(a, form)));
	assert_true(json_equal(form, pupil(a, good)));
	arena_close(a);
}

static void two_schools_with_one_number_are_reported(void **state)
{
	struct school schools[] = { { .code = "a", .number = "974623609" },
		                    { .code = "b", .number = "974623617" },
		                    { .code = "c", .number = "974623609" } };
	struct feide f = { .schools = schools, .school_count = 2 };
	struct arena *a = arena_open();

	(void)state;
	assert_int_equal(json_array_size(feide_check_units(a, &f)), 0);
	f.school_count = 3;
	assert_true(finds(feide_check_units(a, &f), FEIDE_DOUBLE_UNIT));
	arena_close(a);
}

TESTS(each_error_class_is_reported, a_missing_required_attribute_is_reported,
      an_invalid_group_is_removed_with_its_id,
      two_schools_with_one_number_are_reported)
