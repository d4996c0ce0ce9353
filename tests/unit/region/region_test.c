/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_test.c: loading, checking and reloading the configuration, with an
 * expected error for each invalid change of the example. */
#include "tests/unit/test.h"

#include "region/dn.h"
#include "region/kind.h"
#include "region/policy.h"
#include "tests/unit/region/fixture.h"

static void the_example_configuration_is_loaded(void **state)
{
	struct fixture f = fixture_open();
	struct region *r = fixture_region(&f);
	const struct municipality *n = region_municipality(r, "notodden");

	(void)state;
	assert_int_equal(r->municipality_count, 3);
	assert_int_equal(r->issuer_count, 2);
	assert_string_equal(r->issuers[0].host,
	                    "innlogging.kongsbergregionen.example");
	assert_string_equal(
	    n->issuer->entity_id,
	    "https://innlogging.notodden.example/saml/metadata");
	assert_ptr_equal(n->issuer->owner, n);
	assert_ptr_equal(region_issuer_at(r, "innlogging.notodden.example"),
	                 n->issuer);
	assert_ptr_equal(region_municipality_by_domain(r, "notodden.example"),
	                 n);
	assert_int_equal(r->sessions.idle, 1800);
	assert_int_equal(r->grace, 30 * 86400);
	assert_int_equal(strlen(r->hash), 64);
	assert_string_equal(region_municipality(r, "tinn")->plugins[0],
	                    "consent");
	region_release(r);
	arena_close(f.arena);
}

static void a_client_id_is_looked_up_per_issuer(void **state)
{
	struct fixture f = fixture_open();
	struct region *r = fixture_region(&f);
	const struct issuer *region = region_issuer(r, "region");
	const struct issuer *notodden = region_issuer(r, "notodden");
	const struct service *arkiv = region_client(r, region, "arkiv");

	(void)state;
	assert_non_null(arkiv);
	assert_null(region_client(r, notodden, "arkiv"));
	assert_non_null(region_client(r, notodden, "skole"));
	assert_string_equal(arkiv->oidc->secret, "arkiv");
	assert_string_equal(arkiv->oidc->sector,
	                    "arkiv.kongsbergregionen.example");
	assert_true(arkiv->oidc->basic_allowed && arkiv->oidc->code);
	assert_false(arkiv->oidc->refresh || arkiv->oidc->public_client);
	assert_int_equal(region_service(r, "okonomi")->need_count, 1);
	region_release(r);
	arena_close(f.arena);
}

static void people_and_rules_are_parsed_in_file_order(void **state)
{
	struct fixture f = fixture_open();
	struct region *r = fixture_region(&f);
	const struct municipality *m = region_municipality(r, "kongsberg");
	const struct people_from *p = &m->people[0];

	(void)state;
	assert_int_equal(m->people_count, 1);
	assert_true(p->join_by_national_id);
	assert_int_equal(p->rule_count, 6);
	assert_int_equal(p->rules[4].kind, KIND_TEACHER);
	assert_int_equal(p->rules[4].among, KIND_EMPLOYEE);
	assert_string_equal(p->rules[5].role, "health");
	assert_int_equal(m->clause_count, 6);
	assert_string_equal(m->clauses[4].role, "health");
	assert_string_equal(m->clauses[4].conditions[0].word, "position");
	assert_string_equal(m->clauses[4].conditions[0].arguments[2], "20%");
	assert_string_equal(m->clauses[2].text,
	                    "pupils may enter skole portal");
	const struct clause *consent =
	    &region_municipality(r, "tinn")->clauses[3];

	assert_null(consent->conditions[0].built_in);
	assert_string_equal(consent->conditions[0].judge, "tinn");
	region_release(r);
	arena_close(f.arena);
}

/* One change of the example each, and the expected error, or NULL. */
static const struct {
	const char *file, *was, *by, *expected;
} invalid_changes[] = {
	{ "policies/notodden.conf", "people from notodden",
	  "people from notoden",
	  ":14:14: there is no directory \"notoden\"; did you mean "
	  "\"notodden\"?" },
	{ "policies/notodden.conf", "pupils       may enter skole",
	  "pupils       may enter skoel",
	  "there is no service \"skoel\"; did you mean \"skole\"?" },
	{ "services.d/okonomi.conf", "needs     from closed",
	  "needs     from close",
	  ":8:17: there is no network \"close\"; did you mean \"closed\"?" },
	{ "services.d/okonomi.conf", "needs     from closed",
	  "needs     secnd-factor and from closed",
	  ":8:12: no plugin teaches the condition \"secnd-factor\"; did you "
	  "mean \"second-factor\"?" },
	{ "policies/tinn.conf", "when consent for skole",
	  "when consents for skole", "no plugin teaches" },
	{ "policies/kongsberg.conf", "position at least 20%",
	  "position at least 120%", "position wants at least N%" },
	{ "policies/kongsberg.conf", "until 2027-06-30", "until 2027-06-31",
	  "until wants a date such as 2026-12-31, not \"2027-06-31\"" },
	{ "policies/notodden.conf", "between 22:00-06:00",
	  "between 22:00-22:00", "between wants HH:MM-HH:MM" },
	{ "policies/kongsberg.conf", "pupils       may enter",
	  "pupil        may enter",
	  ":25:3: a rule begins with who; \"pupil\" is nobody; did you mean "
	  "\"pupils\"?" },
	{ "policies/kongsberg.conf", "when until 2027-06-30", "when",
	  "a condition is missing behind \"when\"" },
	{ "policies/kongsberg.conf", "#1b3a6b", "#7fb2ff", "at least 4.5:1" },
	{ "policies/kongsberg.conf", "kongsberg.svg", "../../etc/x.svg",
	  "without folders" },
	{ "policies/notodden.conf", "innlogging.notodden.example",
	  "innlogging.notodden.example:443", "goes without saying" },
	{ "policies/notodden.conf", "innlogging.notodden.example",
	  "innlogging.notodden.example/idp", "nothing behind it" },
	{ "policies/kongsberg.conf", "942402465", "942402466",
	  "is no organisation number" },
	{ "policies/kongsberg.conf", "domain    kongsberg.example",
	  "domain    tinn.example", "is the domain of kongsberg already" },
	{ "policies/notodden.conf", "innlogging.notodden.example",
	  "innlogging.kongsbergregionen.example",
	  "is the issuer of region already" },
	{ "policies/notodden.conf", "people from notodden",
	  "people from kongsberg under \"OU=elever, dc=x\"",
	  "people from kongsberg overlap those of" },
	{ "region.conf", "ldaps://dc1.kongsberg.example",
	  "ldap://dc1.kongsberg.example", "an encrypted or local address" },
	{ "region.conf", "secret   @kongsberg", "secret   hunter2",
	  "a secret is named, never written here" },
	{ "region.conf", "secret   @kongsberg", "secret   @kongsber",
	  "there is no file" },
	{ "region.conf", "trusted/kongsberg.pem", "trusted/nobody.pem",
	  "nobody.pem cannot be read" },
	{ "region.conf", "bind-as  ", "bindas   ",
	  "directory knows no \"bindas\"; did you mean \"bind-as\"?" },
	{ "services.d/okonomi.conf", "metadata/okonomi.xml", "metadata/no.xml",
	  "no.xml cannot be read" },
	{ "services.d/okonomi.conf", "okonomi.xml",
	  "okonomi.xml\n\toidc x { \n}", "has either oidc or saml" },
	{ "services.d/okonomi.conf", "receives  name", "receives  nme",
	  "did you mean \"name\"" },
	{ "services.d/arkiv.conf",
	  "redirect      https://arkiv.kongsbergregionen.example/",
	  "redirect      http://arkiv.kongsbergregionen.example/",
	  "is not encrypted" },
	{ "services.d/arkiv.conf",
	  "redirect      https://arkiv.kongsbergregionen.example/callback",
	  "redirect      https://arkiv.kongsbergregionen.example/#callback",
	  "has a fragment" },
	{ "services.d/arkiv.conf", "secret        @arkiv", "public", NULL },
	{ "services.d/arkiv.conf", "secret        @arkiv", "",
	  "lacks a secret or keys" },
	{ "services.d/skole.conf", "issuer notodden", "issuer tinn",
	  "tinn has no issuer of its own" },
	{ "services.d/skole.conf", "issuer notodden\n", "issuer region\n",
	  NULL },
	{ "services.d/arkiv.conf", "service arkiv {", "service portal {",
	  "\"portal\" has a meaning of its own" },
};

static bool has_error(struct arena *a, const struct conf_complaints *wrong,
                      const char *text)
{
	for (size_t i = 0; i < wrong->count; i++)
		if (strstr(conf_complaint_text(a, &wrong->at[i]), text))
			return true;
	for (size_t i = 0; i < wrong->count; i++)
		print_error("  said: %s\n",
		            conf_complaint_text(a, &wrong->at[i]));
	return false;
}

static void change(const struct fixture *f, const char *file, const char *was,
                   const char *by)
{
	char *text = whole_file(f->arena, fixture_path(f, file));

	if (!strstr(text, was))
		fail_msg("%s has no \"%s\"", file, was);
	fixture_put(f, file, replaced(f->arena, text, was, by));
}

static void each_error_is_reported_with_its_position(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(invalid_changes); i++) {
		struct fixture f = fixture_open();
		struct conf_complaints wrong;
		const char *path = fixture_example(&f);

		change(&f, invalid_changes[i].file, invalid_changes[i].was,
		       invalid_changes[i].by);
		struct region *r = region_read(f.arena, path, &wrong);

		if (!invalid_changes[i].expected && !r)
			(void)has_error(f.arena, &wrong, "good");
		assert_int_equal(r != NULL,
		                 invalid_changes[i].expected == NULL);
		if (invalid_changes[i].expected &&
		    !has_error(f.arena, &wrong, invalid_changes[i].expected))
			fail_msg("not said: %s", invalid_changes[i].expected);
		region_release(r);
		arena_close(f.arena);
	}
}

static void password_changes_need_permission_of_the_directory(void **state)
{
	struct fixture f = fixture_open();
	struct conf_complaints wrong;
	const char *path = fixture_example(&f);

	(void)state;
	change(&f, "region.conf", "trust    trusted/tinn.pem",
	       "trust    trusted/tinn.pem\n\tpasswords teachers");
	change(&f, "region.conf", "trust    trusted/notodden.pem",
	       "trust    trusted/notodden.pem\n\tpasswords self teachers");
	struct region *r = region_read(f.arena, path, &wrong);

	assert_non_null(r);
	const struct directory_conf *none = region_directory(r, "kongsberg"),
				    *some = region_directory(r, "tinn"),
				    *both = region_directory(r, "notodden");

	assert_false(none->own_passwords || none->teachers_passwords);
	assert_true(!some->own_passwords && some->teachers_passwords);
	assert_true(both->own_passwords && both->teachers_passwords);
	region_release(r);
	arena_close(f.arena);
}

static void eight_errors_are_reported_at_once(void **state)
{
	struct fixture f = fixture_open();
	struct conf_complaints wrong;
	const char *path = fixture_example(&f);
	static const size_t rows[] = { 2, 5, 7, 14, 18, 19, 21, 26 };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		change(&f, invalid_changes[rows[i]].file,
		       invalid_changes[rows[i]].was,
		       invalid_changes[rows[i]].by);
	assert_null(region_read(f.arena, path, &wrong));
	assert_int_equal(wrong.count, LENGTH(rows));
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_true(has_error(f.arena, &wrong,
		                      invalid_changes[rows[i]].expected));
	arena_close(f.arena);
}

static void a_credential_readable_by_others_is_reported(void **state)
{
	struct fixture f = fixture_open();
	struct conf_complaints wrong;
	const char *path = fixture_example(&f);

	(void)state;
	assert_int_equal(chmod(fixture_path(&f, "credentials/redis"), 0644), 0);
	assert_null(region_read(f.arena, path, &wrong));
	assert_true(has_error(f.arena, &wrong, "may be read by others"));
	assert_null(strstr(wrong.at[0].text, "not a secret"));
	struct region *r = region_read_rules(f.arena, path, &wrong);

	assert_non_null(r);
	region_release(r);
	arena_close(f.arena);
}

static void the_hash_depends_on_the_contents_of_all_files(void **state)
{
	struct fixture f = fixture_open();
	struct conf_complaints wrong;
	const char *path = fixture_example(&f);
	struct region *one = region_read(f.arena, path, &wrong);
	struct region *two = region_read(f.arena, path, &wrong);

	(void)state;
	assert_string_equal(one->hash, two->hash);
	region_release(two);
	fixture_put(&f, "metadata/okonomi.xml", "<EntityDescriptor a='b'/>");
	two = region_read(f.arena, path, &wrong);
	assert_string_not_equal(one->hash, two->hash);
	region_release(two);
	region_release(one);
	arena_close(f.arena);
}

static void a_configuration_is_prepared_beside_the_active_one(void **state)
{
	struct fixture f = fixture_open();
	const char *path = fixture_example(&f);
	struct fault why = { 0 };
	char hash[65];

	(void)state;
	assert_true(snapshot_open(path, &why));
	struct region *old = snapshot_current();

	change(&f, "policies/notodden.conf", "Notodden kommune", "Notodden");
	assert_true(snapshot_prepare(path, &why));
	struct region *still = snapshot_current();

	assert_ptr_equal(still, old);
	region_release(still);
	assert_false(snapshot_activate("0000", &why));
	struct conf_complaints wrong;
	struct region *read = region_read(f.arena, path, &wrong);

	memcpy(hash, read->hash, sizeof(hash));
	region_release(read);
	assert_true(snapshot_activate(hash, &why));
	assert_true(snapshot_activate(hash, &why));
	struct region *now = snapshot_current();
	struct region *before =
	    snapshot_with(arena_bytes(f.arena, old->hash, 16));

	assert_string_equal(now->hash, hash);
	assert_ptr_equal(before, old);
	assert_null(snapshot_with(arena_bytes(f.arena, old->hash, 15)));
	assert_null(snapshot_with("0123456789abcdef"));
	region_release(before);
	region_release(now);
	region_release(old);
	arena_close(f.arena);
}

static void an_invalid_file_leaves_the_active_configuration(void **state)
{
	struct fixture f = fixture_open();
	const char *path = fixture_example(&f);
	struct fault why = { 0 };

	(void)state;
	assert_true(snapshot_open(path, &why));
	struct region *old = snapshot_current();

	change(&f, "policies/tinn.conf", "municipality tinn",
	       "municpality tinn");
	assert_false(snapshot_prepare(path, &why));
	assert_int_equal(why.kind, FAULT_INVALID);
	assert_non_null(strstr(why.text, "tinn.conf:3:1"));
	struct region *now = snapshot_current();

	assert_ptr_equal(now, old);
	region_release(now);
	region_release(old);
	arena_close(f.arena);
}

static const struct {
	const char *inner, *outer;
	bool within;
} dns[] = {
	{ "ou=a", NULL, true },
	{ NULL, "ou=a", false },
	{ NULL, NULL, true },
	{ "ou=a", "ou=a", true },
	{ "OU = A", "ou=a", true },
	{ "ou=b,ou=a", "ou=a", true },
	{ "ou=b, ou=a", "ou=a", true },
	{ "ou=a", "ou=b,ou=a", false },
	{ "ou=ba", "ou=a", false },
	{ "cn=x\\,ou=a", "ou=a", false },
	{ "cn=two words,ou=a", "ou=a", true },
};

static void a_dn_is_within_its_ancestors_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(dns); i++)
		if (dn_is_within(dns[i].inner, dns[i].outer) != dns[i].within)
			fail_msg("row %zu: %s", i, dns[i].inner);
}

TESTS(the_example_configuration_is_loaded, a_client_id_is_looked_up_per_issuer,
      people_and_rules_are_parsed_in_file_order,
      password_changes_need_permission_of_the_directory,
      each_error_is_reported_with_its_position,
      eight_errors_are_reported_at_once,
      a_credential_readable_by_others_is_reported,
      the_hash_depends_on_the_contents_of_all_files,
      a_configuration_is_prepared_beside_the_active_one,
      an_invalid_file_leaves_the_active_configuration,
      a_dn_is_within_its_ancestors_only)
