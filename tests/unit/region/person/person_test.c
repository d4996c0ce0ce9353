/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person_test.c: the JSON form of a person, and attribute release. */
#include "tests/unit/test.h"

#include "lib/strbuf.h"

#include "region/person/attribute_release.h"
#include "tests/unit/region/config/fixture.h"

static char *units[] = { (char[]){ "Rjukan skule" }, NULL };
static char *roles[] = { (char[]){ "health" }, NULL };
static char *links[] = { (char[]){ "a2" }, NULL };
static char *former[] = { (char[]){ "old" }, NULL };

static struct affiliation both[] = {
	{ .id = "a1",
	  .municipality = "tinn",
	  .kind = KIND_TEACHER,
	  .units = units,
	  .login = "kari.bø",
	  .mail = "kari@tinn.example",
	  .position = 60,
	  .status = STATUS_ACTIVE,
	  .directory = "tinn",
	  .anchor = "anchor-1",
	  .proved_links = links },
	{ .id = "a2",
	  .municipality = "kongsberg",
	  .kind = KIND_EMPLOYEE,
	  .roles = roles,
	  .login = "karbo",
	  .mail = "kari@kongsberg.example",
	  .position = -1,
	  .until = 1798761600,
	  .doubt = "numbers-swapped",
	  .status = STATUS_SUSPENDED },
};

static const struct person kari = {
	.id = "p1",
	.former_ids = former,
	.display = "Kari Bø Ærlig",
	.given = "Kari",
	.family = "Bø Ærlig",
	.language = "nn",
	.is_protected = true,
	.status = STATUS_ACTIVE,
	.affiliations = both,
	.affiliation_count = 2,
};

static void a_person_survives_a_json_round_trip(void **state)
{
	struct arena *a = arena_open();
	struct error err = { 0 };
	struct person *p;
	char *once = js_dump(a, js_own(a, person_to_json(&kari)));
	json_t *read;

	(void)state;
	assert_true(js_parse(a, once, strlen(once), &read, &err));
	assert_true(person_from_json(a, read, &p, &err));
	assert_string_equal(p->display, "Kari Bø Ærlig");
	assert_true(p->is_protected);
	assert_int_equal(p->status, STATUS_ACTIVE);
	assert_string_equal(p->former_ids[0], "old");
	assert_int_equal(p->affiliation_count, 2);
	assert_int_equal(p->affiliations[1].position, -1);
	assert_int_equal(p->affiliations[1].until, 1798761600);
	assert_int_equal(p->affiliations[1].status, STATUS_SUSPENDED);
	assert_null(p->affiliations[0].doubt);
	assert_string_equal(p->affiliations[0].proved_links[0], "a2");
	assert_string_equal(p->affiliations[1].doubt, "numbers-swapped");
	assert_null(p->affiliations[1].proved_links[0]);
	assert_string_equal(js_dump(a, js_own(a, person_to_json(p))), once);
	arena_close(a);
}

/* person_before; links of the affiliation; the id expected. */
static void a_joined_affiliation_has_its_own_subject_until_it_is_proved(
    void **state)
{
	static char *no_links[] = { NULL };
	const struct {
		const char *before;
		char **links;
		const char *expected;
	} rows[] = {
		{ NULL, NULL, "p1" },
		{ NULL, links, "p1" },
		{ "own", NULL, "own" },
		{ "own", no_links, "own" },
		{ "own", links, "p1" },
		/* The id of a person who was merged into this one stays. */
		{ "old", NULL, "old" },
		{ "old", links, "old" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct affiliation f = { .id = "a3",
			                       .previous_person_id =
			                           rows[i].before,
			                       .proved_links = rows[i].links };

		assert_string_equal(person_subject_source_id(&kari, &f),
		                    rows[i].expected);
	}
}

static const struct {
	const char *json;
	bool good;
} hostile[] = {
	{ "{\"v\":1,\"id\":\"p\"}", true },
	{ "{\"v\":2,\"id\":\"p\"}", false },
	{ "{\"id\":\"p\"}", false },
	{ "{\"v\":1}", false },
	{ "{\"v\":1,\"id\":7}", false },
	{ "{\"v\":1,\"id\":\"p\",\"affiliations\":[7]}", false },
	{ "{\"v\":1,\"id\":\"p\",\"affiliations\":[{\"id\":\"a\"}]}", false },
	{ "{\"v\":1,\"id\":\"p\",\"affiliations\":[{\"id\":\"a\","
	  "\"municipality\":\"m\",\"kind\":\"king\"}]}",
	  false },
	{ "{\"v\":1,\"id\":\"p\",\"affiliations\":[{\"id\":\"a\","
	  "\"municipality\":\"m\",\"kind\":\"pupil\"}]}",
	  true },
};

static void invalid_json_of_a_person_is_rejected(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(hostile); i++) {
		struct person *p = NULL;
		json_t *read;

		assert_true(js_parse(a, hostile[i].json,
		                     strlen(hostile[i].json), &read, NULL));
		assert_int_equal(person_from_json(a, read, &p, NULL),
		                 hostile[i].good);
		if (p)
			assert_int_equal(p->status, STATUS_ENDED);
	}
	arena_close(a);
}

static void an_unknown_status_means_ended(void **state)
{
	struct arena *a = arena_open();
	json_t *read =
	    js_own(a, json_pack("{s:i,s:s,s:s,s:s}", "v", 1, "id", "p",
	                        "status", "aktive", "protected", "perhaps"));
	struct person *p;

	(void)state;
	assert_true(person_from_json(a, read, &p, NULL));
	assert_int_equal(p->status, STATUS_ENDED);
	assert_true(p->is_protected);
	arena_close(a);
}

static const struct {
	const char *name;
	size_t which;
	const char *first;
} released[] = {
	{ "name", 0, "Kari Bø Ærlig" },
	{ "login", 0, "kari.bø@tinn.example" },
	{ "login", 1, "karbo@kongsberg.example" },
	{ "mail", 1, "kari@kongsberg.example" },
	{ "organisation", 0, "964963282" },
	{ "kind", 0, "teacher" },
	{ "scoped-kind", 0, "faculty@tinn.example" },
	{ "unit", 0, "Rjukan skule" },
	{ "unit", 1, NULL },
	{ "role", 0, NULL },
	{ "role", 1, "health" },
	{ "position", 0, "60" },
	{ "position", 1, NULL },
	{ "phone", 0, NULL },
};

static void attributes_come_from_one_affiliation_only(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = fixture_region(&f);

	(void)state;
	for (size_t i = 0; i < LENGTH(released); i++) {
		char **values = released_attribute_values(
		    f.arena, released_attribute_find(released[i].name), cfg,
		    &kari, &both[released[i].which]);

		if (!text_equal(values[0], released[i].first))
			fail_msg("%s: %s", released[i].name, values[0]);
	}
	config_unref(cfg);
	arena_close(f.arena);
}

static void every_attribute_has_a_value(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = fixture_region(&f);
	struct affiliation full = both[0];

	(void)state;
	full.roles = roles;
	full.phone = full.title = full.employee_number = "x";
	for (size_t i = 0; i < released_attribute_count; i++)
		if (!released_attribute_values(f.arena, &released_attributes[i],
		                               cfg, &kari, &full)[0])
			fail_msg("%s gives nothing",
			         released_attributes[i].name);
	config_unref(cfg);
	arena_close(f.arena);
}

static void other_affiliations_exclude_a_pupil(void **state)
{
	struct affiliation jobs[] = {
		{ .kind = KIND_PUPIL,
		  .municipality = "tinn",
		  .status = STATUS_ACTIVE },
		{ .kind = KIND_PUPIL,
		  .municipality = "notodden",
		  .status = STATUS_ACTIVE },
	};
	struct person p = { .status = STATUS_ACTIVE,
		            .affiliations = jobs,
		            .affiliation_count = LENGTH(jobs) };

	(void)state;
	assert_true(person_is_pupil_in(&p, &jobs[0], "tinn", 1));
	assert_false(person_is_pupil_in(&p, &jobs[1], "tinn", 1));
	assert_false(person_is_pupil_in(&p, NULL, "tinn", 1));
	jobs[1].kind = KIND_EMPLOYEE;
	assert_false(person_is_pupil_in(&p, &jobs[0], "tinn", 1));
	jobs[1].status = STATUS_SUSPENDED;
	assert_false(person_is_pupil_in(&p, &jobs[0], "tinn", 1));
	jobs[1].kind = KIND_PUPIL;
	p.is_protected = true;
	assert_false(person_is_pupil_in(&p, &jobs[0], "tinn", 1));
}

TESTS(other_affiliations_exclude_a_pupil,
      a_joined_affiliation_has_its_own_subject_until_it_is_proved,
      a_person_survives_a_json_round_trip, invalid_json_of_a_person_is_rejected,
      an_unknown_status_means_ended, attributes_come_from_one_affiliation_only,
      every_attribute_has_a_value)
