/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/text.h"
#include "sync/writer/writer.h"

#define BASE "dc=tinn,dc=example"

static struct directory_conf directory = { .name = "tinn", .base = BASE };
static struct people_rule rules[] = {
	{ .kind = KIND_EMPLOYEE, .under = "ou=Ansatte" },
	{ .kind = KIND_PUPIL, .under = "ou=elever" },
	{ .kind = KIND_TEACHER,
	  .among = KIND_EMPLOYEE,
	  .group = "cn=Lærere, ou=grupper" },
	{ .role = "health",
	  .among = KIND_EMPLOYEE,
	  .group = "cn=helse,ou=grupper" },
};
static struct people_from from = { .directory = &directory,
	                           .rules = rules,
	                           .rule_count = LENGTH(rules),
	                           .join_by_national_id = true };
static struct municipality tinn = { .name = "tinn",
	                            .display = "Tinn kommune",
	                            .people = &from,
	                            .people_count = 1 };
static struct region region = { .municipalities = &tinn,
	                        .municipality_count = 1 };

static void an_entry_is_classified_by_people_rules(void **state)
{
	static const struct {
		const char *dn, *class, *groups[3];
		enum kind kind;
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
		struct record record = { .directory = "tinn",
			                 .dn = rows[i].dn,
			                 .place = dn_normal(a, rows[i].dn),
			                 .class = rows[i].class };
		struct shape s = { 0 };
		bool found =
		    shape(a, &region, &record, (char **)rows[i].groups, &s);

		if (found != (rows[i].kind != KIND_NONE) ||
		    (found && s.kind != rows[i].kind))
			fail_msg("%s is %d", rows[i].dn, (int)s.kind);
		if (found && !text_equal(s.roles[0], rows[i].role))
			fail_msg("%s has role %s", rows[i].dn, s.roles[0]);
		arena_close(a);
	}
}

/* ---- names are independent of the order of entries */

static struct record entry_with_name(struct arena *a, const char *name,
                                     const char *code)
{
	json_t *body = js_keep(a, json_pack("{s:[s]}", "name", name));

	if (code)
		(void)json_object_set_new(body, "protected",
		                          json_pack("[s]", code));
	return (struct record){ .body = body };
}

static void the_first_entry_names_a_person_and_any_entry_protects(void **state)
{
	struct arena *a = arena_open();
	struct record one = entry_with_name(a, "Åse Rjukan", NULL);
	struct record two = entry_with_name(a, "Aase Rjukan", "7");
	struct record three = entry_with_name(a, "Åse R.", "6");
	const struct record *live[] = { &one, &two, &three };
	json_t *form = form_of_person(a, &region, "id", "joins", live, 3, NULL);

	(void)state;
	assert_string_equal(form_text(form, "displayName"), "Åse Rjukan");
	assert_string_equal(form_text(form, "sn"), "Rjukan");
	assert_string_equal(form_text(form, "portvaktProtected"), "6");
	json_t *kept = form_of_person(a, &region, "id", "joins", NULL, 0, form);
	assert_true(json_equal(kept, form));
	arena_close(a);
}

static void the_preferred_directory_names_a_person_in_any_order(void **state)
{
	static char tinns[] = "tinn";
	static char notoddens[] = "notodden";
	char *names[] = { tinns, notoddens, NULL };
	char *languages[] = { notoddens, NULL };
	struct region prefers = { .prefers = { names, languages } };
	struct arena *a = arena_open();
	struct record one = entry_with_name(a, "Kari Heddal", NULL);
	struct record two = entry_with_name(a, "Kari Rjukan", NULL);
	const struct record *live[] = { &one, &two };
	const struct record *other[] = { &two, &one };

	(void)state;
	one.directory = "kongsberg";
	two.directory = "notodden";
	assert_ptr_equal(precede(&region, PREFER_NAME, live, 2), &one);
	assert_ptr_equal(precede(&prefers, PREFER_NAME, live, 2), &two);
	assert_ptr_equal(precede(&prefers, PREFER_NAME, other, 2), &two);
	/* An entry without the value has no precedence. */
	assert_null(precede(&prefers, PREFER_LANGUAGE, live, 2));
	arena_close(a);
}

static void values_that_are_equal_in_ldap_are_written_once(void **state)
{
	struct arena *a = arena_open();
	struct record record = { .directory = "tinn",
		                 .anchor = "a",
		                 .dn = "d" };
	struct shape s = { .municipality = &tinn,
		           .kind = KIND_EMPLOYEE,
		           .roles = (char *[]){ NULL } };

	(void)state;
	record.body =
	    js_keep(a, json_pack("{s:[s,s,s,s]}", "unit", "Ås  skole",
	                         "ås skole", "A\xcc\x8as skole", "As skole"));
	json_t *form = form_of_affiliation(a, &record, &s, "id");
	assert_int_equal(json_array_size(js_array(form, "portvaktUnit")), 2);
	arena_close(a);
}

static void only_different_attributes_are_changed(void **state)
{
	struct arena *a = arena_open();
	json_t *before =
	    js_keep(a, json_pack("{s:[s],s:[s,s],s:[s]}", "title", "A", "mail",
	                         "a", "b", "cn", "C"));
	json_t *after = js_keep(a, json_pack("{s:[s],s:[s,s],s:[s]}", "title",
	                                     "B", "mail", "a", "b", "o", "O"));
	size_t count = 0;
	char *names = NULL;
	const struct directory_change *c =
	    form_changes(a, before, after, &count, &names);

	(void)state;
	assert_int_equal(count, 3);
	assert_string_equal(names, "title o -cn");
	assert_int_equal(c[2].count, 0);
	assert_int_equal(c[0].kind, CHANGE_REPLACE);
	(void)form_changes(a, after, after, &count, &names);
	assert_int_equal(count, 0);
	arena_close(a);
}

TESTS(the_preferred_directory_names_a_person_in_any_order,
      values_that_are_equal_in_ldap_are_written_once,
      an_entry_is_classified_by_people_rules,
      the_first_entry_names_a_person_and_any_entry_protects,
      only_different_attributes_are_changed)
