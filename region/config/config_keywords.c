/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords.c: every keyword of the configuration file with its
 * arguments, default value and description.  A released keyword is never
 * removed. */
#include "region/config/config_keywords.h"

#include "region/config/affiliation_type.h"
#include "region/config/config_keyword_macros.h"
#include "region/config/config_validators.h"

/* ---- region { } */

#define ACCOUNT_KEYWORD(name_, means_)                         \
	{                                                      \
		.name = (name_), .min_args = 3, .max_args = 3, \
		.required = true,                              \
		.args = { TEXT_ARG("DN"),                      \
			  LITERAL_ARG("secret"),               \
			  { CONF_SECRET } },                   \
		.description = (means_)                        \
	}

static const struct conf_keyword catalogue_keywords[] = {
	{ .name = "base",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("DN") },
	  .description =
	      "The entry below which everything of the region lies." },
	ACCOUNT_KEYWORD("reader", "As whom portvakt-idp reads."),
	ACCOUNT_KEYWORD("writer",
	                "As whom portvakt-sync writes people, groups and "
	                "municipalities."),
	ACCOUNT_KEYWORD("admin",
	                "As whom portvakt-admin writes roles and decisions."),
	{ .name = "feide",
	  .min_args = 3,
	  .max_args = 3,
	  .args = { TEXT_ARG("DN"), LITERAL_ARG("secret"), { CONF_SECRET } },
	  .description =
	      "As whom portvakt-feide reads sealed national numbers and "
	      "writes clear ones below ou=feide; only where a school "
	      "owner says \"national-id yes\"." },
	{ .name = "trust",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description = "PEM file of the authorities whose certificates are "
	                 "believed; without it, the system's." },
	END_OF_KEYWORDS,
};

static const struct conf_keyword session_store_keywords[] = {
	{ .name = "idle",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "30m",
	  .description = "A session unused for so long ends." },
	{ .name = "longest",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "10h",
	  .description = "No session lasts longer." },
	{ .name = "user",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_NAME } },
	  .default_value = "portvakt",
	  .description = "The ACL user in Redis." },
	{ .name = "secret",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_SECRET } },
	  .description = "That user's password; without it none is sent." },
	END_OF_KEYWORDS,
};

static const struct conf_keyword region_keywords[] = {
	{ .name = "name",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "What people call the region." },
	{ .name = "login",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { HTTPS_ARG },
	  .validate = validate_origin,
	  .description = "The one host where people log in." },
	{ .name = "issuer",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { HTTPS_ARG },
	  .validate = validate_origin,
	  .description = "The region's OpenID Connect issuer and SAML entity; "
	                 "without it, the login host is it." },
	{ .name = "trust",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description =
	      "PEM file of the authorities that services' back-channel "
	      "addresses are held against; without it the system's." },
	{ .name = "languages",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .args = { CHOICE_ARG("nb nn en") },
	  .default_value = "nb nn en",
	  .description = "The pages' languages; the first one goes where a "
	                 "browser asks for none of them." },
	{ .name = "contact",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "Whom people may turn to, as written on the pages." },
	{ .name = "node",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_NAME } },
	  .default_value = "a",
	  .description =
	      "This machine's letter in receipt codes; each node of a "
	      "region has its own." },
	{ .name = "run",
	  .min_args = 1,
	  .max_args = 1,
	  .validate = validate_path,
	  .args = { TEXT_ARG("FOLDER") },
	  .default_value = "/run/portvakt",
	  .description = "Where our processes' sockets are." },
	{ .name = "state",
	  .min_args = 1,
	  .max_args = 1,
	  .validate = validate_path,
	  .args = { TEXT_ARG("FOLDER") },
	  .default_value = "/var/lib/portvakt",
	  .description = "Where the record, keys and sync's cache are." },
	{ .name = "credentials",
	  .min_args = 1,
	  .max_args = 1,
	  .validate = validate_path,
	  .args = { TEXT_ARG("FOLDER") },
	  .default_value = "/etc/portvakt/credentials",
	  .description =
	      "Where a @name is a file of that name, readable by its "
	      "owner alone; systemd's credentials and those of "
	      "the role's own folder come first." },
	{ .name = "catalogue",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { .type = CONF_URL, .choices = LDAP_URL_PREFIXES } },
	  .block = catalogue_keywords,
	  .description = "The regional catalogue." },
	{ .name = "sessions",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { .type = CONF_URL, .choices = "unix:" } },
	  .validate = validate_path,
	  .block = session_store_keywords,
	  .description = "The Redis that holds what happens now: unix:/path." },
	{ .name = "grace",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "30d",
	  .description =
	      "Whoever leaves is suspended at once and removed after "
	      "this." },
	{ .name = "prefer",
	  .min_args = 3,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { CHOICE_ARG("name language"),
	            LITERAL_ARG("from"),
	            { CONF_NAME } },
	  .description =
	      "Whose word counts where two directories disagree about a "
	      "person: the first of these that says anything, then an "
	      "employer before a school before an office." },
	END_OF_KEYWORDS,
};

/* ---- directory { } */

static const struct conf_keyword directory_keywords[] = {
	{ .name = "kind",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("openldap 389ds active-directory other") },
	  .default_value = "openldap",
	  .description =
	      "Whose directory it is; other: all of it is read and "
	      "compared, and nothing but searching is asked of it." },
	{ .name = "poll",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .description =
	      "How often a directory that cannot push is asked: "
	      "active-directory every 2 seconds, other every 5 minutes." },
	{ .name = "base",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("DN") },
	  .description = "The entry below which its people are." },
	{ .name = "bind-as",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("DN") },
	  .description = "As whom we read it." },
	{ .name = "secret",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { CONF_SECRET } },
	  .description = "That entry's password." },
	{ .name = "trust",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description = "PEM file of the authorities whose certificates are "
	                 "believed; without it, the system's." },
	{ .name = "compare",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "24h",
	  .description = "A full compare this often heals what was missed." },
	{ .name = "brake",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_PERCENT } },
	  .default_value = "2%",
	  .description =
	      "When more than this would leave at once they are held "
	      "until somebody has looked." },
	{ .name = "passwords",
	  .min_args = 1,
	  .max_args = 2,
	  .args = { CHOICE_ARG("self teachers") },
	  .description =
	      "Who may set passwords there from Portvakt's pages: people "
	      "their own, with the old one; teachers those of pupils of "
	      "their own classes, by bind-as' rights.  Without it "
	      "nobody." },
	{ .name = "canary",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("DN") },
	  .description =
	      "An entry that is always there: while it is not, nobody of "
	      "this directory leaves." },
	{ .name = "newcomers",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_PERCENT } },
	  .default_value = "20%",
	  .description =
	      "When more new people than this, and more than 50, come at "
	      "once they wait for a welcome.  Not on the directory's "
	      "first day." },
	{ .name = "rehearse",
	  .description =
	      "It is read, joined and reported, and nothing of it is "
	      "written to the catalogue." },
	{ .name = "read",
	  .min_args = 3,
	  .max_args = 3,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { CHOICE_ARG(
			"login name given-name family-name language mail "
			"phone title employee-number unit position from "
			"until national-id acts-for disabled protected "
			"group-name group-code grep"),
	            LITERAL_ARG("from"), TEXT_ARG("ATTRIBUTE") },
	  .description = "Which attribute holds it here, where it is not the "
	                 "kind's usual one." },
	END_OF_KEYWORDS,
};

/* ---- municipality { } */

#define PEOPLE_RULE_KEYWORD(name_, means_)                                \
	{                                                                 \
		.name = (name_), .min_args = 2, .max_args = 4,            \
		.occurrence = CONF_REPEATABLE,                            \
		.args = { CHOICE_ARG("under are"), TEXT_ARG("DN|WHO"),    \
			  LITERAL_ARG("in"), TEXT_ARG("DN") },            \
		.validate = validate_people_rule, .description = (means_) \
	}

static const struct conf_keyword people_keywords[] = {
	PEOPLE_RULE_KEYWORD("employees",
	                    "Who is an employee: whoever stands under that "
	                    "entry, or the named kind in that group."),
	PEOPLE_RULE_KEYWORD("teachers", "Who is a teacher."),
	PEOPLE_RULE_KEYWORD("pupils", "Who is a pupil."),
	PEOPLE_RULE_KEYWORD("politicians", "Who holds an elected office."),
	PEOPLE_RULE_KEYWORD("guests", "Who is a guest."),
	PEOPLE_RULE_KEYWORD("vendors", "Who works for a supplier."),
	{ .name = "role",
	  .min_args = 5,
	  .max_args = 5,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_NAME },
	            CHOICE_ARG("is are"),
	            CHOICE_ARG(AFFILIATION_TYPES_PLURAL),
	            CHOICE_ARG("in under"),
	            TEXT_ARG("DN") },
	  .validate = validate_people_rule,
	  .description =
	      "A role and who holds it: the named kind in that group or "
	      "under that entry." },
	{ .name = "same-person",
	  .min_args = 2,
	  .max_args = 2,
	  .args = { LITERAL_ARG("by"), LITERAL_ARG("national-id") },
	  .description =
	      "People with the same national number elsewhere in the "
	      "region are the same person." },
	END_OF_KEYWORDS,
};

static const struct conf_keyword rules_keywords[] = {
	{ .name = "*",
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .description =
	      "WHO may [not] enter SERVICE ... [when CONDITION [and "
	      "CONDITION ...]].  WHO is " AFFILIATION_TYPES_PLURAL
	      ", or role NAME.  "
	      "SERVICE is a service, \"portal\", or \"any\": these, and "
	      "services still to come." },
	END_OF_KEYWORDS,
};

static const struct conf_keyword municipality_keywords[] = {
	{ .name = "name",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "What people call it." },
	{ .name = "number",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("NUMBER") },
	  .validate = validate_organisation_number,
	  .description = "Its organisation number: nine digits." },
	{ .name = "domain",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { CONF_HOST } },
	  .description = "What stands behind @ in a login name." },
	{ .name = "language",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("nb nn en") },
	  .default_value = "nb",
	  .description = "The language its pages begin in." },
	{ .name = "contact",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description =
	      "Whom its people may turn to, as written on the pages." },
	{ .name = "mark",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .validate = validate_logo,
	  .description = "The SVG shown on the login page." },
	{ .name = "colour",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_COLOUR } },
	  .validate = validate_colour,
	  .description = "Its colour, dark enough for white text (4.5:1)." },
	{ .name = "issuer",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { HTTPS_ARG },
	  .validate = validate_origin,
	  .description =
	      "An issuer of its own: a host, keys and identifiers that "
	      "it can take along when it leaves." },
	{ .name = "plugin",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_NAME } },
	  .validate = validate_plugin,
	  .description =
	      "Plugins of its own; they run in its judge.  Each teaches "
	      "its name as a word, and words that begin with its name "
	      "and a hyphen." },
	{ .name = "people",
	  .min_args = 2,
	  .max_args = 4,
	  .occurrence = CONF_REPEATABLE,
	  .args = { LITERAL_ARG("from"),
	            { CONF_NAME },
	            LITERAL_ARG("under"),
	            TEXT_ARG("DN") },
	  .validate = validate_people,
	  .block = people_keywords,
	  .description = "Which of a directory's people are its own." },
	{ .name = "groups",
	  .block = groups_keywords,
	  .description =
	      "Which of its directories' groups are groups of the region, "
	      "and what they are." },
	{ .name = "school-year",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("MM-DD") },
	  .default_value = "08-01",
	  .validate = validate_day_of_year,
	  .block = school_year_keywords,
	  .description =
	      "The day on which classes and teaching groups become those "
	      "of the next school year.  Put later, before the overlap "
	      "is over, it takes the change back." },
	{ .name = "feide",
	  .block = feide_keywords,
	  .description =
	      "It owns schools, and Feide has a tree of their people." },
	{ .name = "leaves",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DATE } },
	  .description =
	      "From that day on its people log in at an installation of "
	      "their own, and nobody of it is let in here.  What it "
	      "means: portvaktctl leave." },
	{ .name = "moved",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_NAME } },
	  .description =
	      "Services that its people reach by their own installation "
	      "already, while it leaves; here they are told so." },
	{ .name = "rules",
	  .block = rules_keywords,
	  .description =
	      "Who may enter what.  Nothing is allowed unless a rule says "
	      "so, and \"may not\" wins." },
	END_OF_KEYWORDS,
};

/* ---- top level */

const struct conf_keyword config_keywords[] = {
	{ .name = "region",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { CONF_NAME } },
	  .block = region_keywords,
	  .description = "What the whole region agrees on." },
	{ .name = "network",
	  .min_args = 2,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME }, TEXT_ARG("RANGE") },
	  .validate = validate_network,
	  .description =
	      "Where a request comes from: address ranges, or \"listener "
	      "NAME\" of the front door." },
	{ .name = "directory",
	  .min_args = 2,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME },
	            { .type = CONF_URL, .choices = LDAP_URL_PREFIXES } },
	  .block = directory_keywords,
	  .description =
	      "A source of people, with its addresses in the order they "
	      "are tried." },
	{ .name = "municipality",
	  .min_args = 1,
	  .max_args = 1,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME } },
	  .block = municipality_keywords,
	  .description = "A member of the region." },
	{ .name = "service",
	  .min_args = 1,
	  .max_args = 1,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME } },
	  .block = service_keywords,
	  .description = "A system that people enter." },
	{ .name = "plugin",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_NAME } },
	  .validate = validate_plugin,
	  .description =
	      "The region's own plugins, for every municipality's rules; "
	      "they run in plugin-host@region." },
	END_OF_KEYWORDS,
};
