/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/oidc/claims.h"
#include "lib/json.h"

/* A fictitious person with two affiliations. */
static char *const health_units[] = { (char *)"Helse", NULL };
static char *const school_units[] = { (char *)"Skolen", NULL };
static char *const health_roles[] = { (char *)"journal-leser", NULL };
static char *const none[] = { NULL };

static struct affiliation jobs[] = {
	{ .id = "aff-1",
	  .municipality = "kongsberg",
	  .kind = KIND_EMPLOYEE,
	  .units = (char **)health_units,
	  .roles = (char **)health_roles,
	  .title = "Sykepleier",
	  .mail = "kari.helse@kongsberg.example",
	  .phone = "+47 00 00 00 01",
	  .employee_number = "1001",
	  .login = "karihelse",
	  .position = 60,
	  .status = STATUS_ACTIVE },
	{ .id = "aff-2",
	  .municipality = "tinn",
	  .kind = KIND_TEACHER,
	  .units = (char **)school_units,
	  .roles = (char **)none,
	  .title = "L\xc3\xa6rer",
	  .mail = "kari.skole@tinn.example",
	  .phone = "+47 00 00 00 02",
	  .employee_number = "2002",
	  .login = "kariskole",
	  .position = 40,
	  .status = STATUS_ACTIVE },
};
static struct person kari = {
	.id = "per-1",
	.display = "Kari \xc3\x98rn\xc3\xa5s",
	.given = "Kari",
	.family = "\xc3\x98rn\xc3\xa5s",
	.language = "nn",
	.status = STATUS_ACTIVE,
	.affiliations = jobs,
	.affiliation_count = 2,
};
static const struct municipality places[] = {
	{ .name = "kongsberg",
	  .domain = "kongsberg.example",
	  .organisation_number = "000000001" },
	{ .name = "tinn",
	  .domain = "tinn.example",
	  .organisation_number = "000000002" },
};
static const struct config region = { .municipalities = places,
	                              .municipality_count = 2 };

static char *const everything[] = { (char *)"name",
	                            (char *)"given-name",
	                            (char *)"family-name",
	                            (char *)"language",
	                            (char *)"login",
	                            (char *)"mail",
	                            (char *)"phone",
	                            (char *)"title",
	                            (char *)"employee-number",
	                            (char *)"municipality",
	                            (char *)"organisation",
	                            (char *)"kind",
	                            (char *)"scoped-kind",
	                            (char *)"unit",
	                            (char *)"position",
	                            (char *)"role",
	                            NULL };
static char *const little[] = { (char *)"name", (char *)"mail", NULL };

static const struct service greedy = { .name = "alt",
	                               .attributes = (char **)everything };
static const struct service modest = { .name = "lite",
	                               .attributes = (char **)little };

static json_t *claims(struct arena *a, const struct service *s,
                      const struct affiliation *f, const char *scope,
                      const json_t *also)
{
	const struct claims_subject t = { &region, s, &kari, f };

	return claims_build(a, &t, scope, also);
}

static void no_claim_of_the_other_affiliation_is_released(void **state)
{
	static const char *const others[2][7] = {
		{ "kariskole", "kari.skole", "tinn", "2002", "Skolen", "rer",
		  "faculty" },
		{ "karihelse", "kari.helse", "kongsberg", "1001", "Helse",
		  "Sykepleier", "journal-leser" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t job = 0; job < 2; job++) {
		const char *text =
		    js_dump(a, claims(a, &greedy, &jobs[job],
		                      "openid profile email phone", NULL));

		for (size_t i = 0; i < LENGTH(others[job]); i++)
			if (strstr(text, others[job][i]))
				fail_msg("%s is in %s", others[job][i], text);
		assert_non_null(
		    strstr(text, job == 0 ? "karihelse" : "kariskole"));
	}
	arena_close(a);
}

static void only_configured_attributes_are_released(void **state)
{
	struct arena *a = arena_open();
	json_t *released =
	    claims(a, &modest, &jobs[0], "openid profile email phone", NULL);

	(void)state;
	assert_int_equal(json_object_size(released), 2);
	assert_string_equal(js_string(released, "name"), kari.display);
	assert_string_equal(js_string(released, "email"), jobs[0].mail);
	arena_close(a);
}

static void scope_selects_among_configured_attributes(void **state)
{
	struct arena *a = arena_open();
	json_t *released = claims(a, &modest, &jobs[0], "openid email", NULL);

	(void)state;
	assert_int_equal(json_object_size(released), 1);
	assert_non_null(js_string(released, "email"));
	assert_null(claims(a, &modest, &jobs[0], "openid", NULL));
	arena_close(a);
}

static void a_claim_requested_by_name_is_released_if_configured(void **state)
{
	struct arena *a = arena_open();
	json_t *also =
	    js_own(a, json_pack("[s, s, i]", "name", "phone_number", 7));
	json_t *released = claims(a, &modest, &jobs[0], "openid", also);

	(void)state;
	assert_int_equal(json_object_size(released), 1);
	assert_string_equal(js_string(released, "name"), kari.display);
	arena_close(a);
}

static void a_claim_has_a_fixed_type(void **state)
{
	struct arena *a = arena_open();
	json_t *released = claims(a, &greedy, &jobs[0], "profile", NULL);

	(void)state;
	assert_int_equal(json_array_size(js_array(released, "unit")), 1);
	assert_int_equal(json_array_size(js_array(released, "roles")), 1);
	assert_int_equal(js_number(released, "position_percent", -1), 60);
	assert_string_equal(js_string(released, "municipality"), "kongsberg");
	assert_null(json_object_get(
	    claims(a, &greedy, &jobs[1], "profile", NULL), "roles"));
	arena_close(a);
}

TESTS(no_claim_of_the_other_affiliation_is_released,
      only_configured_attributes_are_released,
      scope_selects_among_configured_attributes,
      a_claim_requested_by_name_is_released_if_configured,
      a_claim_has_a_fixed_type)
