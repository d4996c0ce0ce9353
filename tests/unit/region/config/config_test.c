/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_test.c: loading, checking and reloading the configuration, with an
 * expected error for each invalid change of the example. */
#include "tests/unit/test.h"

#include "region/config/affiliation_type.h"
#include "region/config/policy_parse.h"
#include "region/ldap/dn.h"
#include "tests/unit/region/config/fixture.h"

static void the_example_configuration_is_loaded(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = fixture_region(&f);
	const struct municipality *n = config_municipality(cfg, "notodden");

	(void)state;
	assert_int_equal(cfg->municipality_count, 3);
	assert_int_equal(cfg->issuer_count, 2);
	assert_string_equal(cfg->issuers[0].host,
	                    "innlogging.kongsbergregionen.example");
	assert_string_equal(
	    n->issuer->entity_id,
	    "https://innlogging.notodden.example/saml/metadata");
	assert_ptr_equal(n->issuer->owner, n);
	assert_ptr_equal(
	    config_issuer_by_host(cfg, "innlogging.notodden.example"),
	    n->issuer);
	assert_ptr_equal(config_municipality_by_domain(cfg, "notodden.example"),
	                 n);
	assert_int_equal(cfg->session_store.idle_timeout, 1800);
	assert_int_equal(cfg->delete_after, 30 * 86400);
	assert_int_equal(cfg->hold_released_names, 90 * 86400);
	assert_int_equal(cfg->remember_ids, 3 * 365 * 86400);
	assert_false(n->shared_mail || cfg->directories[0].shared_mail);
	assert_null(cfg->directories[0].replaces);
	assert_int_equal(strlen(cfg->hash), 64);
	assert_string_equal(config_municipality(cfg, "tinn")->plugins[0].name,
	                    "consent");
	config_unref(cfg);
	arena_close(f.arena);
}

static void a_client_id_is_looked_up_per_issuer(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = fixture_region(&f);
	const struct issuer *region = config_issuer(cfg, "region");
	const struct issuer *notodden = config_issuer(cfg, "notodden");
	const struct service *arkiv =
	    config_service_by_client_id(cfg, region, "arkiv");

	(void)state;
	assert_non_null(arkiv);
	assert_null(config_service_by_client_id(cfg, notodden, "arkiv"));
	assert_non_null(config_service_by_client_id(cfg, notodden, "skole"));
	assert_string_equal(arkiv->oidc->secret, "arkiv");
	assert_string_equal(arkiv->oidc->sector_identifier,
	                    "arkiv.kongsbergregionen.example");
	assert_true(arkiv->oidc->auth_client_secret_basic &&
	            arkiv->oidc->grant_authorization_code);
	assert_false(arkiv->oidc->grant_refresh_token ||
	             arkiv->oidc->public_client);
	assert_int_equal(config_service(cfg, "okonomi")->requirement_count, 1);
	config_unref(cfg);
	arena_close(f.arena);
}

static void people_and_rules_are_parsed_in_file_order(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = fixture_region(&f);
	const struct municipality *m = config_municipality(cfg, "kongsberg");
	const struct source_mapping *p = &m->source_mappings[0];

	(void)state;
	assert_int_equal(m->source_mapping_count, 1);
	assert_true(p->join_by_national_id);
	assert_int_equal(p->rule_count, 6);
	assert_int_equal(p->rules[4].kind, KIND_TEACHER);
	assert_int_equal(p->rules[4].member_kind, KIND_EMPLOYEE);
	assert_string_equal(p->rules[5].role, "health");
	assert_int_equal(m->rule_count, 6);
	assert_string_equal(m->rules[4].role, "health");
	assert_string_equal(m->rules[4].conditions[0].name, "position");
	assert_string_equal(m->rules[4].conditions[0].arguments[2], "20%");
	assert_string_equal(m->rules[2].text, "pupils may enter skole portal");
	const struct policy_rule *consent =
	    &config_municipality(cfg, "tinn")->rules[3];

	assert_null(consent->conditions[0].built_in);
	assert_string_equal(consent->conditions[0].plugin_host, "tinn");
	config_unref(cfg);
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
	{ "services.d/okonomi.conf", "require     from closed",
	  "require     from close",
	  ":9:19: there is no network \"close\"; did you mean \"closed\"?" },
	{ "services.d/okonomi.conf", "require     from closed",
	  "require     secnd-factor and from closed",
	  ":9:14: no plugin defines the condition \"secnd-factor\"; did you "
	  "mean \"second-factor\"?" },
	{ "policies/tinn.conf", "when consent for skole",
	  "when consents for skole", "no plugin defines" },
	{ "policies/kongsberg.conf", "position at least 20%",
	  "position at least 120%", "position expects at least N%" },
	{ "policies/kongsberg.conf", "until 2027-06-30", "until 2027-06-31",
	  "until expects a date such as 2026-12-31, or "
	  "2026-12-31T16:00, not \"2027-06-31\"" },
	{ "policies/notodden.conf", "between 22:00-06:00",
	  "between 22:00-22:00", "between expects HH:MM-HH:MM" },
	{ "policies/kongsberg.conf", "pupils       may enter",
	  "pupil        may enter",
	  ":25:3: a rule begins with an affiliation type, role NAME "
	  "or everybody; \"pupil\" is "
	  "unknown; "
	  "did you mean "
	  "\"pupils\"?" },
	{ "policies/kongsberg.conf", "when until 2027-06-30", "when",
	  "a condition is missing after \"when\"" },
	{ "policies/kongsberg.conf", "#1b3a6b", "#7fb2ff", "at least 4.5:1" },
	{ "policies/kongsberg.conf", "kongsberg.svg", "../../etc/x.svg",
	  "without a directory" },
	{ "policies/notodden.conf", "innlogging.notodden.example",
	  "innlogging.notodden.example:443", "omit the default port" },
	{ "policies/notodden.conf", "innlogging.notodden.example",
	  "innlogging.notodden.example/idp", "expects no path" },
	{ "policies/kongsberg.conf", "942402465", "942402466",
	  "is not an organisation number" },
	{ "policies/kongsberg.conf", "domain               kongsberg.example",
	  "domain               tinn.example",
	  "is already the domain of kongsberg" },
	{ "policies/notodden.conf", "innlogging.notodden.example",
	  "innlogging.kongsbergregionen.example",
	  "is already the issuer of region" },
	{ "policies/notodden.conf", "people from notodden",
	  "people from kongsberg under \"OU=elever, dc=x\"",
	  "people from kongsberg overlap with those of" },
	{ "region.conf", "ldaps://dc1.kongsberg.example",
	  "ldap://dc1.kongsberg.example", "an encrypted or local URL" },
	{ "region.conf", "secret              @kongsberg",
	  "secret              hunter2", "a secret is not written here" },
	{ "region.conf", "secret              @kongsberg",
	  "secret              @kongsber", "there is no file" },
	{ "region.conf", "trusted/kongsberg.pem", "trusted/nobody.pem",
	  "nobody.pem cannot be read" },
	{ "region.conf", "bind-dn  ", "binddn   ",
	  "unknown keyword \"binddn\" in directory; did you mean "
	  "\"bind-dn\"?" },
	{ "services.d/okonomi.conf", "metadata/okonomi.xml", "metadata/no.xml",
	  "no.xml cannot be read" },
	{ "services.d/okonomi.conf", "okonomi.xml",
	  "okonomi.xml\n\toidc x { \n}", "requires either oidc or saml" },
	{ "services.d/okonomi.conf", "attributes  name", "attributes  nme",
	  "did you mean \"name\"" },
	{ "services.d/arkiv.conf",
	  "redirect-uri              https://arkiv.kongsbergregionen.example/",
	  "redirect-uri              http://arkiv.kongsbergregionen.example/",
	  "is not encrypted" },
	{ "services.d/arkiv.conf",
	  "redirect-uri              "
	  "https://arkiv.kongsbergregionen.example/callback",
	  "redirect-uri              "
	  "https://arkiv.kongsbergregionen.example/#callback",
	  "has a fragment" },
	{ "services.d/arkiv.conf", "secret                    @arkiv", "public",
	  NULL },
	{ "services.d/arkiv.conf", "secret                    @arkiv", "",
	  "requires a secret, jwks or public" },
	{ "services.d/skole.conf", "issuer notodden", "issuer tinn",
	  "tinn has no issuer of its own" },
	{ "services.d/skole.conf", "issuer notodden\n", "issuer region\n",
	  NULL },
	{ "services.d/arkiv.conf", "service arkiv {", "service portal {",
	  "\"portal\" is reserved in access rules" },
	{ "policies/tinn.conf", "domain  ",
	  "notify ikt@tinn.example\n\tdomain  ",
	  "notify requires notify-command in region" },
	{ "policies/tinn.conf", "domain  ",
	  "notify ikt@tinn.example,\n\tdomain  ",
	  "\"ikt@tinn.example,\" is not a mail address" },
	{ "policies/tinn.conf", "domain  ", "notify ikt\n\tdomain  ",
	  "\"ikt\" is not a mail address" },
	{ "region.conf", "login-url", "notify-command sendmail -t\n\tlogin-url",
	  "notify-command expects an absolute path" },
	{ "region.conf", "login-url",
	  "notify-command /usr/sbin/sendmail -t\n\tlogin-url", NULL },
	{ "policies/tinn.conf", "domain  ",
	  "accept-login-from kongsberg notoden\n\tdomain  ",
	  "there is no municipality \"notoden\"; did you mean "
	  "\"notodden\"?" },
	{ "policies/tinn.conf", "domain  ",
	  "accept-login-from tinn\n\tdomain  ",
	  "tinn always accepts its own logins" },
	{ "policies/tinn.conf", "domain  ",
	  "accept-login-from notodden kongsberg\n\tdomain  ", NULL },
	{ "region.conf", "map until    from hrUntil",
	  "map until    from hrUntil date dd.mm.yy",
	  ":46:33: date expects one of: dd.mm.yyyy" },
	{ "region.conf", "map position from hrPosition",
	  "map position from hrPosition lower",
	  ":44:31: \"lower\" is not for position" },
	{ "region.conf", "map national-id from employeeID",
	  "map national-id from employeeID only-where employeeid=1",
	  ":101:2: only-where must not depend on the national identity "
	  "number (employeeID)" },
	{ "region.conf", "map position from hrPosition",
	  "map position from hrPosition only-where norEduPersonNIN=1",
	  ":44:2: only-where must not depend on the national identity "
	  "number (norEduPersonNIN)" },
	{ "region.conf", "secret       @notodden",
	  "secret       @notodden\n\treplaces notodden",
	  "directory notodden would replace itself" },
	{ "region.conf", "secret       @tinn",
	  "secret       @tinn\n\tshared-mail maybe", "shared-mail expects" },
	{ "services.d/okonomi.conf", "require     from closed",
	  "require     from closed and second-factor",
	  ":9:30: second-factor can never be met, so no one could enter: no "
	  "login method has a second factor" },
	{ "region.conf", "network school  10.40.0.0/16",
	  "network school  10.40.0.0/16 {\n\tshared maybe\n}",
	  "shared expects" },
	{ "services.d/skole.conf", "launch-url",
	  "initiate-login-uri http://skole.notodden.example/start\n"
	  "launch-url",
	  "initiate-login-uri expects" },
	{ "services.d/skole.conf", "launch-url",
	  "initiate-login-uri \"https://skole.notodden.example/#here\"\n"
	  "launch-url",
	  "initiate-login-uri expects no fragment" },
	{ "policies/notodden.conf", "pupils       may enter skole",
	  "pupils may enter skole when second-factor",
	  "second-factor can never be met" },
	{ "region.conf", "base    \"dc=", "max-staleness 9s\n\t\tbase    \"dc=",
	  "max-staleness must be at least 10s" },
};

static bool has_error(struct arena *a, const struct conf_errors *wrong,
                      const char *text)
{
	for (size_t i = 0; i < wrong->count; i++)
		if (strstr(conf_error_format(a, &wrong->at[i]), text))
			return true;
	for (size_t i = 0; i < wrong->count; i++)
		print_error("  reported: %s\n",
		            conf_error_format(a, &wrong->at[i]));
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
		struct conf_errors wrong;
		const char *path = fixture_example(&f);

		change(&f, invalid_changes[i].file, invalid_changes[i].was,
		       invalid_changes[i].by);
		struct config *cfg = config_load(f.arena, path, &wrong);

		if (!invalid_changes[i].expected && !cfg)
			(void)has_error(f.arena, &wrong, "good");
		assert_int_equal(cfg != NULL,
		                 invalid_changes[i].expected == NULL);
		if (invalid_changes[i].expected &&
		    !has_error(f.arena, &wrong, invalid_changes[i].expected))
			fail_msg("not reported: %s",
			         invalid_changes[i].expected);
		config_unref(cfg);
		arena_close(f.arena);
	}
}

static void password_changes_need_permission_of_the_directory(void **state)
{
	struct fixture f = fixture_open();
	struct conf_errors wrong;
	const char *path = fixture_example(&f);

	(void)state;
	change(&f, "region.conf", "tls-ca-file  trusted/tinn.pem",
	       "tls-ca-file  trusted/tinn.pem\n\tpassword-change teachers");
	change(&f, "region.conf", "tls-ca-file  trusted/notodden.pem",
	       "tls-ca-file  trusted/notodden.pem\n\tpassword-change self "
	       "teachers");
	struct config *cfg = config_load(f.arena, path, &wrong);

	assert_non_null(cfg);
	const struct directory_conf *none = config_directory(cfg, "kongsberg"),
				    *some = config_directory(cfg, "tinn"),
				    *both = config_directory(cfg, "notodden");

	assert_false(none->self_password_change ||
	             none->teacher_password_reset);
	assert_true(!some->self_password_change &&
	            some->teacher_password_reset);
	assert_true(both->self_password_change && both->teacher_password_reset);
	config_unref(cfg);
	arena_close(f.arena);
}

static void limits_have_defaults(void **state)
{
	struct fixture f = fixture_open();
	const char *path = fixture_example(&f);
	struct conf_errors wrong;

	(void)state;
	change(&f, "region.conf", "tls-ca-file  trusted/notodden.pem",
	       "tls-ca-file  trusted/notodden.pem\n\tlimits {\n"
	       "\t\tdeactivations 8\n\t\tunit-share 60%\n\t}");
	struct config *cfg = config_load(f.arena, path, &wrong);

	assert_non_null(cfg);
	const struct directory_limits *set =
	    config_directory(cfg, "notodden")->limits;
	assert_int_equal(set->deactivations, 8);
	assert_int_equal(set->returns, 4);
	assert_int_equal(set->upward_moves, 2);
	assert_int_equal(set->share_percent, 33);
	assert_int_equal(set->unit_share_percent, 60);
	assert_ptr_equal(config_directory(cfg, "tinn")->limits,
	                 &directory_default_limits);
	config_unref(cfg);
	arena_close(f.arena);
}

static void eight_errors_are_reported_at_once(void **state)
{
	struct fixture f = fixture_open();
	struct conf_errors wrong;
	const char *path = fixture_example(&f);
	static const size_t rows[] = { 2, 5, 7, 14, 18, 19, 21, 26 };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		change(&f, invalid_changes[rows[i]].file,
		       invalid_changes[rows[i]].was,
		       invalid_changes[rows[i]].by);
	assert_null(config_load(f.arena, path, &wrong));
	assert_int_equal(wrong.count, LENGTH(rows));
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_true(has_error(f.arena, &wrong,
		                      invalid_changes[rows[i]].expected));
	arena_close(f.arena);
}

static void a_credential_readable_by_others_is_reported(void **state)
{
	struct fixture f = fixture_open();
	struct conf_errors wrong;
	const char *path = fixture_example(&f);

	(void)state;
	assert_int_equal(chmod(fixture_path(&f, "credentials/redis"), 0644), 0);
	assert_null(config_load(f.arena, path, &wrong));
	assert_true(has_error(f.arena, &wrong, "is accessible to others"));
	assert_null(strstr(wrong.at[0].text, "not a secret"));
	struct config *cfg = config_load_rules(f.arena, path, &wrong);

	assert_non_null(cfg);
	config_unref(cfg);
	arena_close(f.arena);
}

static void the_hash_depends_on_the_contents_of_all_files(void **state)
{
	struct fixture f = fixture_open();
	struct conf_errors wrong;
	const char *path = fixture_example(&f);
	struct config *one = config_load(f.arena, path, &wrong);
	struct config *two = config_load(f.arena, path, &wrong);

	(void)state;
	assert_string_equal(one->hash, two->hash);
	config_unref(two);
	fixture_put(&f, "metadata/okonomi.xml", "<EntityDescriptor a='b'/>");
	two = config_load(f.arena, path, &wrong);
	assert_string_not_equal(one->hash, two->hash);
	config_unref(two);
	config_unref(one);
	arena_close(f.arena);
}

static void a_configuration_is_prepared_beside_the_active_one(void **state)
{
	struct fixture f = fixture_open();
	const char *path = fixture_example(&f);
	struct error err = { 0 };
	char hash[65];

	(void)state;
	assert_true(config_open(path, &err));
	struct config *old = config_current();

	change(&f, "policies/notodden.conf", "Notodden kommune", "Notodden");
	assert_true(config_prepare(path, &err));
	struct config *still = config_current();

	assert_ptr_equal(still, old);
	config_unref(still);
	assert_false(config_activate("0000", &err));
	struct conf_errors wrong;
	struct config *read = config_load(f.arena, path, &wrong);

	memcpy(hash, read->hash, sizeof(hash));
	config_unref(read);
	assert_true(config_activate(hash, &err));
	assert_true(config_activate(hash, &err));
	struct config *now = config_current();
	struct config *before =
	    config_by_hash(arena_memdup(f.arena, old->hash, 16));

	assert_string_equal(now->hash, hash);
	assert_ptr_equal(before, old);
	assert_null(config_by_hash(arena_memdup(f.arena, old->hash, 15)));
	assert_null(config_by_hash("0123456789abcdef"));
	config_unref(before);
	config_unref(now);
	config_unref(old);
	arena_close(f.arena);
}

static void an_invalid_file_leaves_the_active_configuration(void **state)
{
	struct fixture f = fixture_open();
	const char *path = fixture_example(&f);
	struct error err = { 0 };

	(void)state;
	assert_true(config_open(path, &err));
	struct config *old = config_current();

	change(&f, "policies/tinn.conf", "municipality tinn",
	       "municpality tinn");
	assert_false(config_prepare(path, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(strstr(err.text, "tinn.conf:3:1"));
	struct config *now = config_current();

	assert_ptr_equal(now, old);
	config_unref(now);
	config_unref(old);
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
	{ "ou=\xc3\xb8stre skole", "OU=\xc3\x98stre skole", true },
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
      each_error_is_reported_with_its_position, limits_have_defaults,
      eight_errors_are_reported_at_once,
      a_credential_readable_by_others_is_reported,
      the_hash_depends_on_the_contents_of_all_files,
      a_configuration_is_prepared_beside_the_active_one,
      an_invalid_file_leaves_the_active_configuration,
      a_dn_is_within_its_ancestors_only)
