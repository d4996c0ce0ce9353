/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/conf/conf_schema.h"
#include "lib/strbuf.h"

static const struct conf_renamed former_kinds[] = {
	{ "ad", "active-directory" },
	{ NULL, NULL },
};

static const struct conf_renamed former_options[] = {
	{ "quickly", "mode quick" },
	{ NULL, NULL },
};

static const struct conf_renamed former_order[] = {
	{ "from", NULL },
	{ NULL, NULL },
};

static const struct conf_keyword directory_keywords[] = {
	{ .name = "kind",
	  .formerly = "type",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_ONE_OF, .choices = "openldap active-directory",
	              .renamed = former_kinds },
	            { .renamed = former_options } } },
	{ .name = "precedence",
	  .formerly = "prefer",
	  .min_args = 2,
	  .max_args = CONF_UNLIMITED,
	  .args = { { CONF_NAME }, { CONF_NAME, .renamed = former_order } } },
	{ .name = "secret",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_SECRET } } },
	{ .name = "every",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } } },
	{ .name = "max-deactivations",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_PERCENT } } },
	{ .name = "slots",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_NUMBER, .min = 1, .max = 64 } } },
	{ .name = "map",
	  .min_args = 3,
	  .max_args = 3,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME },
	            { CONF_ONE_OF, .choices = "from" },
	            { CONF_TEXT, .placeholder = "ATTRIBUTE" } } },
	{ .name = NULL },
};

static const struct conf_keyword municipality_keywords[] = {
	{ .name = "name",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_TEXT } } },
	{ .name = "language",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_ONE_OF, .choices = "nb nn en" } } },
	{ .name = "contact",
	  .formerly = "telephone",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { CONF_TEXT } } },
	{ .name = "directory",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_URL } },
	  .block = directory_keywords },
	{ .name = "colour",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_COLOUR } } },
	{ .name = "domain",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .args = { { CONF_HOST } } },
	{ .name = "rules", .block = conf_any_statement },
	{ .name = NULL },
};

static void reject_evening(const struct conf_statement *s,
                           struct conf_errors *wrong)
{
	if (text_equal(s->args[1], "evening"))
		conf_error_add(wrong, s, 1, "evening is not a network");
}

static const struct conf_keyword top_keywords[] = {
	{ .name = "municipality",
	  .formerly = "kommune",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_NAME } },
	  .block = municipality_keywords,
	  .occurrence = CONF_ONCE_PER_NAME },
	{ .name = "network",
	  .min_args = 2,
	  .max_args = CONF_UNLIMITED,
	  .args = { { CONF_NAME }, { CONF_NETWORK } },
	  .occurrence = CONF_ONCE_PER_NAME,
	  .validate = reject_evening },
	{ .name = NULL },
};

static struct arena *a;
static size_t renamed; /* of the last file */

/* Returns all errors, one per line. */
static const char *errors_of(const char *conf)
{
	struct conf_errors wrong = { .arena = a };
	struct conf_block top;
	struct strbuf out = strbuf_init(a);

	if (!conf_syntax_parse_bytes(a, "bad.conf", conf, strlen(conf), &top,
	                             &wrong))
		assert_true(wrong.count > 0);
	conf_schema_check(&top, top_keywords, &wrong);
	renamed = wrong.renamed;
	for (size_t i = 0; i < wrong.count; i++)
		strbuf_appendf(&out, "%s\n",
		               conf_error_format(a, &wrong.at[i]));
	return out.data;
}

static void a_valid_file_has_no_errors(void **state)
{
	(void)state;
	a = arena_open();
	assert_string_equal(
	    errors_of("network school 10.40.0.0/16 2001:db8::/32 127.0.0.1\n"
	              "municipality tinn {\n"
	              "\tcontact \"IKT Tinn\"\n"
	              "\tcolour \"#005b99\"\n"
	              "\tdomain tinn.example skole.tinn.example\n"
	              "\tdirectory ldaps://dc1.tinn.example {\n"
	              "\t\tmap position from hrPosition\n"
	              "\t\tmap until from hrUntil\n"
	              "\t\tmax-deactivations 2%\n"
	              "\t}\n"
	              "\trules {\n"
	              "\t\tpupils may enter fronter when hours\n"
	              "\t}\n"
	              "}\n"),
	    "");
	arena_close(a);
}

static void all_eight_errors_of_a_file_are_reported(void **state)
{
	(void)state;
	a = arena_open();
	assert_string_equal(
	    errors_of("# Notodden kommune\n"
	              "network evening 10.40.0.0/16\n"
	              "\n"
	              "municipality notodden {\n"
	              "\tname \"Notodden kommune\"\n"
	              "\tlanguage nb\n"
	              "\tlanguage nn\n"
	              "\tkontakt \"IKT Notodden\"\n"
	              "\n"
	              "\tdirectory ldap://dc1.notodden.example {\n"
	              "\t\tkind openldpa\n"
	              "\t\tslots 100\n"
	              "\t\tevery 5m\n"
	              "\t\tsecret hunter2\n"
	              "\t\tintervall 5m\n"
	              "\t}\n"
	              "}\n"),
	    "bad.conf:2:9: evening is not a network\n"
	    "bad.conf:4:1: contact is missing in municipality\n"
	    "bad.conf:7:2: language is already set on line 6\n"
	    "bad.conf:8:2: unknown keyword \"kontakt\" in municipality; "
	    "did you mean \"contact\"?\n"
	    "bad.conf:10:12: directory expects an encrypted or local URL "
	    "(ldaps://, ldapi://, https://, unix:), not "
	    "\"ldap://dc1.notodden.example\"\n"
	    "bad.conf:11:8: kind expects one of openldap, active-directory, "
	    "not "
	    "\"openldpa\"; did you mean \"openldap\"?\n"
	    "bad.conf:12:9: slots expects a number from 1 to 64, not \"100\"\n"
	    "bad.conf:14:10: a secret is not written here, only its "
	    "name: secret @name\n"
	    "bad.conf:15:3: unknown keyword \"intervall\" in directory\n");
	arena_close(a);
}

static const struct {
	const char *conf;
	const char *complaint;
} rows[] = {
	{ "municipality tinn { contact x }\nmunicipality tinn { contact x }\n",
	  "bad.conf:2:1: municipality tinn is already set on line 1\n" },
	{ "munisipality tinn\n", "bad.conf:1:1: unknown keyword "
	                         "\"munisipality\" at top level; did you mean "
	                         "\"municipality\"?\n" },
	{ "municipality Tinn { contact x }\n",
	  "bad.conf:1:14: municipality expects a name (a to z, digits and "
	  "hyphens, a letter first), not \"Tinn\"\n" },
	{ "municipality { contact x }\n",
	  "bad.conf:1:1: municipality has too few arguments; usage: "
	  "municipality NAME { ... "
	  "}\n" },
	{ "network a 10.0.0.0/8 {\n}\n",
	  "bad.conf:1:1: network takes no block\n" },
	{ "network a 10.0.0.1/8\n",
	  "bad.conf:1:11: network expects a network such as 10.40.0.0/16, not "
	  "\"10.0.0.1/8\"\n" },
	{ "network a 10.0.0.0/33\n",
	  "bad.conf:1:11: network expects a network such as 10.40.0.0/16, not "
	  "\"10.0.0.0/33\"\n" },
	{ "municipality t {\n contact x\n directory ldapi://x {\n"
	  " map a of b c\n } }\n",
	  "bad.conf:4:8: map expects \"from\", not \"of\"\n"
	  "bad.conf:4:13: too many arguments; usage: map NAME from "
	  "ATTRIBUTE\n" },
	{ "municipality t {\n contact \"\"\n }\n",
	  "bad.conf:2:10: contact expects a non-empty text, not \"\"\n" },
	{ "municipality t {\n contact x\n domain a..b\n}\n",
	  "bad.conf:3:9: domain expects a host name in lower case, not "
	  "\"a..b\"\n" },
};

static void each_kind_of_error_is_reported(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		a = arena_open();
		assert_string_equal(errors_of(rows[i].conf), rows[i].complaint);
		arena_close(a);
	}
}

static const struct {
	const char *conf, *errors;
	size_t renamed;
} former_names[] = {
	{ "type openldap", "bad.conf:3:1: \"type\" is now \"kind\"\n", 1 },
	{ "kind ad", "bad.conf:3:6: \"ad\" is now \"active-directory\"\n", 1 },
	{ "type ad quickly",
	  "bad.conf:3:1: \"type\" is now \"kind\"\n"
	  "bad.conf:3:6: \"ad\" is now \"active-directory\"\n"
	  "bad.conf:3:9: \"quickly\" is now \"mode quick\"\n",
	  3 },
	{ "prefer name from a from",
	  "bad.conf:3:1: \"prefer\" is now \"precedence\"\n"
	  "bad.conf:3:13: \"from\" is no longer used; usage: precedence NAME "
	  "NAME ...\n",
	  2 },
	{ "precedence name from a", "", 0 }, /* a directory of that name */
	{ "kind ads",
	  "bad.conf:3:6: kind expects one of openldap, active-directory, not "
	  "\"ads\"\n",
	  0 },
	{ "type openldap\nslots x",
	  "bad.conf:3:1: \"type\" is now \"kind\"\n"
	  "bad.conf:4:7: slots expects a number from 1 to 64, not \"x\"\n",
	  1 },
};

static void a_former_name_is_an_error_that_names_the_new_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(former_names); i++) {
		a = arena_open();
		assert_string_equal(
		    errors_of(arena_printf(
			a,
			"municipality t { contact x\ndirectory ldapi://x "
			"{\n%s\n} }\n",
			former_names[i].conf)),
		    former_names[i].errors);
		assert_int_equal(renamed, former_names[i].renamed);
		arena_close(a);
	}
}

/* The contents of a block under a former keyword are checked, and the keyword
 * counts as present. */
static void a_block_under_a_former_keyword_is_checked(void **state)
{
	(void)state;
	a = arena_open();
	assert_string_equal(
	    errors_of("kommune tinn {\n\ttelephone x\n}\n"),
	    "bad.conf:1:1: \"kommune\" is now \"municipality\"\n"
	    "bad.conf:2:2: \"telephone\" is now \"contact\"\n");
	arena_close(a);
}

static const struct {
	struct conf_arg arg;
	const char *value;
	bool good;
} types[] = {
	{ .arg = { CONF_URL }, .value = "https://login.example", .good = true },
	{ .arg = { CONF_URL }, .value = "unix:/run/redis.sock", .good = true },
	{ .arg = { CONF_URL }, .value = "unix:redis.sock", .good = false },
	{ .arg = { CONF_URL }, .value = "http://login.example", .good = false },
	{ .arg = { CONF_URL }, .value = "https://", .good = false },
	{ .arg = { CONF_URL },
	  .value = "https://us@evil.example",
	  .good = false },
	{ .arg = { CONF_URL }, .value = "https://a.example/x@y", .good = true },
	{ .arg = { CONF_URL }, .value = "https:///x", .good = false },
	{ .arg = { CONF_URL, .choices = "ldap://127.0.0.1" },
	  "ldap://127.0.0.1:389",
	  true },
	{ .arg = { CONF_URL, .choices = "ldap://127.0.0.1" },
	  "ldap://127.0.0.1.evil.example",
	  false },
	{ .arg = { CONF_URL, .choices = "ldap://127.0.0.1" },
	  "ldap://127.0.0.1@evil.example",
	  false },
	{ .arg = { CONF_PERCENT }, .value = "100%", .good = true },
	{ .arg = { CONF_PERCENT }, .value = "101%", .good = false },
	{ .arg = { CONF_PERCENT }, .value = "0100%", .good = false },
	{ .arg = { CONF_DURATION }, .value = "0m", .good = false },
	{ .arg = { CONF_DURATION }, .value = "-1m", .good = false },
	{ .arg = { CONF_DURATION }, .value = "5", .good = false },
	{ .arg = { CONF_DATE }, .value = "2026-02-29", .good = false },
	{ .arg = { CONF_DATE }, .value = "2028-02-29", .good = true },
	{ .arg = { CONF_NUMBER }, .value = "-1", .good = false },
	{ .arg = { CONF_NUMBER }, .value = "12345", .good = true },
	{ .arg = { CONF_SECRET }, .value = "@redis", .good = true },
	{ .arg = { CONF_SECRET }, .value = "@../shadow", .good = false },
	{ .arg = { CONF_SECRET }, .value = "@", .good = false },
	{ .arg = { CONF_NAME }, .value = "9lives", .good = false },
	{ .arg = { CONF_COLOUR }, .value = "#12345g", .good = false },
	{ .arg = { CONF_NETWORK }, .value = "2001:db8::1/32", .good = false },
	{ .arg = { CONF_NETWORK }, .value = "10.0.0.0/", .good = false },
	{ .arg = { CONF_HOST }, .value = "-a.example", .good = false },
	{ .arg = { CONF_ONE_OF, .choices = "nb nn" },
	  .value = "nb nn",
	  .good = false },
	{ .arg = { CONF_ONE_OF, .choices = "nb nn" },
	  .value = "",
	  .good = false },
};

static void types_validate_their_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(types); i++) {
		const struct conf_keyword words[] = {
			{ .name = "x",
			  .min_args = 1,
			  .max_args = 1,
			  .args = { types[i].arg } },
			{ .name = NULL },
		};
		struct conf_errors wrong = { .arena = arena_open() };
		struct conf_block top;
		char *conf =
		    arena_printf(wrong.arena, "x \"%s\"", types[i].value);

		assert_true(conf_syntax_parse_bytes(
		    wrong.arena, "t", conf, strlen(conf), &top, &wrong));
		conf_schema_check(&top, words, &wrong);
		if ((wrong.count == 0) != types[i].good)
			fail_msg("%s", types[i].value);
		arena_close(wrong.arena);
	}
}

TESTS(a_valid_file_has_no_errors, all_eight_errors_of_a_file_are_reported,
      each_kind_of_error_is_reported,
      a_former_name_is_an_error_that_names_the_new_one,
      a_block_under_a_former_keyword_is_checked, types_validate_their_values)
