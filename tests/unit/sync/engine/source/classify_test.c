/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/strbuf.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/target/attribute_precedence.h"
#include "sync/engine/target/desired_entry.h"

#define BASE "dc=tinn,dc=example"

static struct directory_conf directory = { .name = "tinn", .base = BASE };
static struct people_rule rules[] = {
	{ .kind = KIND_EMPLOYEE, .subtree = "ou=Ansatte" },
	{ .kind = KIND_PUPIL, .subtree = "ou=elever" },
	{ .kind = KIND_TEACHER,
	  .member_kind = KIND_EMPLOYEE,
	  .group = "cn=Lærere, ou=grupper" },
	{ .role = "health",
	  .member_kind = KIND_EMPLOYEE,
	  .group = "cn=helse,ou=grupper" },
};
static struct source_mapping from = { .directory = &directory,
	                              .rules = rules,
	                              .rule_count = LENGTH(rules),
	                              .join_by_national_id = true };
static struct municipality tinn = { .name = "tinn",
	                            .display = "Tinn kommune",
	                            .source_mappings = &from,
	                            .source_mapping_count = 1 };
static struct config region = { .municipalities = &tinn,
	                        .municipality_count = 1 };

static void an_entry_is_classified_by_people_rules(void **state)
{
	static const struct {
		const char *dn, *class, *groups[3];
		enum affiliation_type kind;
		const char *role;
	} rows[] = {
		{ "uid=a,ou=ansatte," BASE,
		  "person",
		  { NULL },
		  KIND_EMPLOYEE,
		  NULL },
		{ "UID=A, OU=ANSATTE, DC=Tinn,DC=example",
		  "person",
		  { NULL },
		  KIND_EMPLOYEE,
		  NULL },
		{ "uid=a,ou=x,ou=ansatte," BASE,
		  "person",
		  { NULL },
		  KIND_EMPLOYEE,
		  NULL },
		{ "uid=a,ou=elever," BASE,
		  "person",
		  { NULL },
		  KIND_PUPIL,
		  NULL },
		{ "uid=a,ou=ansatte," BASE,
		  "person",
		  { "cn=lærere,ou=grupper," BASE },
		  KIND_TEACHER,
		  NULL },
		{ "uid=a,ou=elever," BASE,
		  "person",
		  { "cn=lærere,ou=grupper," BASE },
		  KIND_PUPIL,
		  NULL },
		{ "uid=a,ou=ansatte," BASE,
		  "person",
		  { "cn=helse,ou=grupper," BASE, "cn=lærere,ou=grupper," BASE },
		  KIND_TEACHER,
		  "health" },
		{ "uid=a,ou=elever," BASE,
		  "person",
		  { "cn=helse,ou=grupper," BASE },
		  KIND_PUPIL,
		  NULL },
		{ "uid=a,ou=programs," BASE,
		  "person",
		  { NULL },
		  KIND_NONE,
		  NULL },
		{ "uid=a,ou=ansatte,dc=notodden,dc=example",
		  "person",
		  { NULL },
		  KIND_NONE,
		  NULL },
		{ "uid=a,ou=uansatte," BASE,
		  "person",
		  { NULL },
		  KIND_NONE,
		  NULL },
		{ "ou=ansatte," BASE, "other", { NULL }, KIND_NONE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		struct source_entry record = { .directory = "tinn",
			                       .dn = rows[i].dn,
			                       .normal_dn =
			                           dn_normalize(a, rows[i].dn),
			                       .class = rows[i].class };
		struct classification s = { 0 };
		bool found = classify_entry(a, &region, &record,
		                            (char **)rows[i].groups, &s);

		if (found != (rows[i].kind != KIND_NONE) ||
		    (found && s.kind != rows[i].kind))
			fail_msg("%s is %d", rows[i].dn, (int)s.kind);
		if (found && !text_equal(s.roles[0], rows[i].role))
			fail_msg("%s has role %s", rows[i].dn, s.roles[0]);
		arena_close(a);
	}
}

/* ---- names are independent of the order of entries */

static struct source_entry entry_with_name(struct arena *a, const char *name,
                                           const char *code)
{
	json_t *body = js_own(a, json_pack("{s:[s]}", "name", name));

	if (code)
		(void)json_object_set_new(body, "protected",
		                          json_pack("[s]", code));
	return (struct source_entry){ .attributes = body };
}

static void the_first_entry_names_a_person_and_any_entry_protects(void **state)
{
	struct arena *a = arena_open();
	struct source_entry one = entry_with_name(a, "Åse Rjukan", NULL);
	struct source_entry two = entry_with_name(a, "Aase Rjukan", "7");
	struct source_entry three = entry_with_name(a, "Åse R.", "6");
	const struct source_entry *live[] = { &one, &two, &three };
	json_t *form =
	    desired_person(a, &region, "id", "joins", live, 3, 3, NULL);

	(void)state;
	assert_string_equal(entry_json_value(form, "displayName"),
	                    "Åse Rjukan");
	assert_string_equal(entry_json_value(form, "sn"), "Rjukan");
	assert_string_equal(entry_json_value(form, "portvaktProtected"), "6");
	json_t *kept =
	    desired_person(a, &region, "id", "joins", NULL, 0, 0, form);
	assert_true(json_equal(kept, form));
	arena_close(a);
}

static void the_preferred_directory_names_a_person_in_any_order(void **state)
{
	static char tinns[] = "tinn";
	static char notoddens[] = "notodden";
	char *names[] = { tinns, notoddens, NULL };
	char *languages[] = { notoddens, NULL };
	struct config prefers = { .precedence = { names, languages } };
	struct arena *a = arena_open();
	struct source_entry one = entry_with_name(a, "Kari Heddal", NULL);
	struct source_entry two = entry_with_name(a, "Kari Rjukan", NULL);
	const struct source_entry *live[] = { &one, &two };
	const struct source_entry *other[] = { &two, &one };

	(void)state;
	one.directory = "kongsberg";
	two.directory = "notodden";
	assert_ptr_equal(
	    attribute_precedence_select(&region, PRECEDENCE_NAME, live, 2),
	    &one);
	assert_ptr_equal(
	    attribute_precedence_select(&prefers, PRECEDENCE_NAME, live, 2),
	    &two);
	assert_ptr_equal(
	    attribute_precedence_select(&prefers, PRECEDENCE_NAME, other, 2),
	    &two);
	/* An entry without the value has no precedence. */
	assert_null(attribute_precedence_select(&prefers, PRECEDENCE_LANGUAGE,
	                                        live, 2));
	arena_close(a);
}

static void values_that_are_equal_in_ldap_are_written_once(void **state)
{
	struct arena *a = arena_open();
	struct source_entry record = { .directory = "tinn",
		                       .anchor = "a",
		                       .dn = "d" };
	struct classification s = { .municipality = &tinn,
		                    .kind = KIND_EMPLOYEE,
		                    .roles = (char *[]){ NULL } };

	(void)state;
	record.attributes =
	    js_own(a, json_pack("{s:[s,s,s,s]}", "unit", "Ås  skole",
	                        "ås skole", "A\xcc\x8as skole", "As skole"));
	json_t *form = desired_affiliation(a, &record, &s, "id", NULL);
	assert_int_equal(json_array_size(js_array(form, "portvaktUnit")), 2);
	arena_close(a);
}

static void only_different_attributes_are_changed(void **state)
{
	struct arena *a = arena_open();
	json_t *before = js_own(a, json_pack("{s:[s],s:[s,s],s:[s]}", "title",
	                                     "A", "mail", "a", "b", "cn", "C"));
	json_t *after = js_own(a, json_pack("{s:[s],s:[s,s],s:[s]}", "title",
	                                    "B", "mail", "a", "b", "o", "O"));
	size_t count = 0;
	char *names = NULL;
	const struct directory_change *c =
	    entry_json_diff(a, before, after, &count, &names);

	(void)state;
	assert_int_equal(count, 3);
	assert_string_equal(names, "title o -cn");
	assert_int_equal(c[2].count, 0);
	assert_int_equal(c[0].op, CHANGE_REPLACE);
	(void)entry_json_diff(a, after, after, &count, &names);
	assert_int_equal(count, 0);
	arena_close(a);
}

TESTS(the_preferred_directory_names_a_person_in_any_order,
      values_that_are_equal_in_ldap_are_written_once,
      an_entry_is_classified_by_people_rules,
      the_first_entry_names_a_person_and_any_entry_protects,
      only_different_attributes_are_changed)
