/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords.c: every keyword of the configuration file with its
 * arguments, default value and description. */
#include "region/config/config_keywords.h"

#include "region/config/affiliation_type.h"
#include "region/config/attribute_date.h"
#include "region/config/config_keyword_macros.h"
#include "region/config/config_validators.h"

/* ---- directory { } */

#define SHARED_MAIL_KEYWORD(where_)                                            \
	{                                                                      \
		.name = "shared-mail", .min_args = 1, .max_args = 1,           \
		.args = { CHOICE_ARG("yes no") }, .default_value = "no",       \
		.description = "yes: people of this " where_                   \
			       " can have the same mail address.  no: only "   \
			       "the first one is synchronised, and the other " \
			       "is quarantined."                               \
	}

#define MAPPED_FIELDS                                            \
	"login name given-name family-name language mail phone " \
	"title employee-number unit position from until "        \
	"national-id acts-for disabled protected group-name "    \
	"group-code grep"

static const struct conf_keyword directory_keywords[] = {
	{ .name = "kind",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("openldap 389ds active-directory other") },
	  .default_value = "openldap",
	  .description =
	      "Directory server.  openldap and 389ds use syncrepl (RFC 4533), "
	      "active-directory uses DirSync.  other requires only "
	      "searches: the whole directory is read at each poll." },
	{ .name = "poll-interval",
	  .formerly = "poll",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .description =
	      "Polling interval of active-directory (default 2s) and other "
	      "(default 5m)." },
	{ .name = "base",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("DN") },
	  .description = "Base DN of the people to synchronise." },
	{ .name = "bind-dn",
	  .formerly = "bind-as",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("DN") },
	  .description = "Bind DN." },
	{ .name = "secret",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { CONF_SECRET } },
	  .description = "Password of the bind DN." },
	{ .name = "tls-ca-file",
	  .formerly = "trust",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description =
	      "PEM file with the CA certificates that verify the server's "
	      "certificate.  Default: the system's CA bundle." },
	{ .name = "full-sync-interval",
	  .formerly = "compare",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "24h",
	  .description = "Interval between full synchronisations." },
	{ .name = "max-deactivations",
	  .formerly = "brake",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_PERCENT } },
	  .default_value = "2%",
	  .description =
	      "Deactivation threshold: more deactivations of the whole "
	      "directory than this, and than ten, within ten minutes are "
	      "held until an operator approves them.  A percentage above 5% "
	      "or 10% also raises the budget of a day or a week.  The limits "
	      "of a municipality are in limits." },
	{ .name = "password-change",
	  .formerly = "passwords",
	  .min_args = 1,
	  .max_args = 2,
	  .args = { CHOICE_ARG("self teachers"), CHOICE_ARG("self teachers") },
	  .description =
	      "Who can change passwords in this directory on Portvakt's "
	      "pages.  self: users their own, with the old password.  "
	      "teachers: those of the pupils in their classes, with the "
	      "rights of bind-dn.  Default: no password changes." },
	{ .name = "canary",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("DN") },
	  .description =
	      "An entry that always exists.  While it is missing, no "
	      "affiliation of this directory is deactivated." },
	{ .name = "max-creations",
	  .formerly = "newcomers",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_PERCENT } },
	  .default_value = "20%",
	  .description =
	      "Creation threshold: more new people than this, and more than "
	      "50, within ten minutes are held until an operator approves "
	      "them.  It does not apply to the first synchronisation." },
	{ .name = "replaces",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { .type = CONF_NAME, .placeholder = "DIRECTORY-NAME" } },
	  .description =
	      "A directory whose people are moving to this one: entries here "
	      "take over their affiliations there.  It may already be "
	      "deleted from the configuration." },
	SHARED_MAIL_KEYWORD("directory"),
	{ .name = "limits",
	  .block = limits_keywords,
	  .description =
	      "How many people one change may concern before it is held until "
	      "an operator approves it.  Each number counts the people of one "
	      "municipality within 24 hours.  What goes back to a former "
	      "value is not counted.  See Held changes in portvakt-sync(8)." },
	{ .name = "dry-run",
	  .formerly = "rehearse",
	  .description =
	      "Read, correlate and report this directory, but write nothing "
	      "of it to the catalogue." },
	{ .name = "map",
	  .formerly = "read",
	  .min_args = 3,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { .type = CONF_ONE_OF,
	              .choices = MAPPED_FIELDS,
	              .placeholder = "FIELD" },
	            LITERAL_ARG("from"),
	            TEXT_ARG("ATTRIBUTE") },
	  .description =
	      "LDAP attribute that supplies a field, instead of the default "
	      "of this kind.  FIELD is one of: " MAPPED_FIELDS ".  "
	      "Conversions can follow: only-where ATTRIBUTE=VALUE (the line "
	      "counts for entries with that value only), trim (no blanks or "
	      "invisible characters at the ends), first (one value, the first "
	      "in byte order), "
	      "lower (in lower case), date FORMAT (FORMAT is one "
	      "of: " DATE_FORMATS
	      "; of any other format the date is in doubt), "
	      "default TEXT (the value of an entry that has none).  They are "
	      "applied in this order.  Each field accepts some of them." },
	END_OF_KEYWORDS,
};

/* ---- municipality { } */

#define PEOPLE_RULE_KEYWORD(name_, means_)                                     \
	{                                                                      \
		.name = (name_), .min_args = 2, .max_args = 4,                 \
		.occurrence = CONF_REPEATABLE,                                 \
		.args = { CHOICE_ARG("under are"), TEXT_ARG("DN|AFFILIATION"), \
			  LITERAL_ARG("in"), TEXT_ARG("DN") },                 \
		.validate = validate_people_rule, .description = (means_)      \
	}

const struct conf_keyword plugin_keywords[] = {
	{ .name = "data",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description =
	      "A file that the plugin gets as read-only memory, at most 8 MiB: "
	      "a table, a calendar, an on-call rota.  Relative to the file "
	      "with this line; all processes must be able to read it.  A "
	      "reload makes a changed file effective." },
	{ .name = "workers",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { .type = CONF_NUMBER, .min = 1, .max = 16 } },
	  .default_value = "2",
	  .description = "How many questions it can evaluate at once." },
	END_OF_KEYWORDS,
};

static const struct conf_keyword people_keywords[] = {
	PEOPLE_RULE_KEYWORD("employees",
	                    "Employees: the people below that entry, or those "
	                    "of the given affiliation in that group."),
	PEOPLE_RULE_KEYWORD("teachers", "Teachers."),
	PEOPLE_RULE_KEYWORD("pupils", "Pupils."),
	PEOPLE_RULE_KEYWORD("politicians", "Holders of an elected office."),
	PEOPLE_RULE_KEYWORD("guests", "Guests."),
	PEOPLE_RULE_KEYWORD("vendors", "Employees of a supplier."),
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
	      "Assigns a role to people of that affiliation in that group or "
	      "below that entry." },
	{ .name = "join",
	  .formerly = "same-person",
	  .min_args = 2,
	  .max_args = 2,
	  .args = { LITERAL_ARG("by"), LITERAL_ARG("national-id") },
	  .description =
	      "Joins these entries with entries elsewhere in the region that "
	      "have the same national identity number: they are one person." },
	END_OF_KEYWORDS,
};

static const struct conf_keyword rules_keywords[] = {
	{ .name = "*",
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .description =
	      "An access rule: see ACCESS RULES.  SUBJECT is one "
	      "of: " AFFILIATION_TYPES_PLURAL
	      "; or role NAME, or everybody.  SERVICE is the name of a "
	      "service or of a service-group, \"portal\", or \"any\" for all "
	      "services that the region offers to the municipality." },
	END_OF_KEYWORDS,
};

#define SERVICE_GROUP_KEYWORD                                                 \
	{                                                                     \
		.name = "service-group", .min_args = 2,                       \
		.max_args = CONF_UNLIMITED, .occurrence = CONF_ONCE_PER_NAME, \
		.args = { { CONF_NAME }, { CONF_NAME } },                     \
		.description = "A name for several services in rules: "       \
			       "the group's name, then theirs."               \
	}

/* ---- role { } */

static const struct conf_keyword role_keywords[] = {
	{ .name = "max-time",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .description =
	      "The longest time for which it can be granted; a grant then "
	      "requires --until.  Default: unlimited." },
	{ .name = "ticket",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("yes no") },
	  .default_value = "no",
	  .description = "Whether a grant requires --ticket." },
	{ .name = "approval",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("yes no") },
	  .default_value = "no",
	  .description =
	      "Whether a second operator must approve a grant before it "
	      "counts." },
	END_OF_KEYWORDS,
};

static const struct conf_keyword municipality_keywords[] = {
	{ .name = "name",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "Display name of the municipality." },
	{ .name = "organisation-number",
	  .formerly = "number",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("NUMBER") },
	  .validate = validate_organisation_number,
	  .description = "Organisation number: nine digits." },
	{ .name = "domain",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { CONF_HOST } },
	  .description = "Domain of its login names: the part after @." },
	{ .name = "language",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("nb nn en") },
	  .default_value = "nb",
	  .description = "Default language of its pages." },
	{ .name = "contact",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "Contact for its users, shown on the pages." },
	{ .name = "logo",
	  .formerly = "mark",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .validate = validate_logo,
	  .description = "SVG file shown on the login page." },
	{ .name = "colour",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_COLOUR } },
	  .validate = validate_colour,
	  .description =
	      "Its colour.  White text on it requires a contrast of 4.5:1." },
	{ .name = "issuer",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { HTTPS_ARG },
	  .validate = validate_origin,
	  .description =
	      "An issuer of its own, with its own host, keys and "
	      "identifiers, which it keeps when it leaves the region." },
	{ .name = "plugin",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_NAME } },
	  .validate = validate_plugin,
	  .block = plugin_keywords,
	  .description =
	      "Plugins for its rules.  They run in its plugin host.  A "
	      "plugin defines the condition of its own name and those that "
	      "begin with its name and a hyphen." },
	SHARED_MAIL_KEYWORD("municipality"),
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
	  .description =
	      "Which people of a directory belong to the municipality." },
	{ .name = "notify",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .args = { TEXT_ARG("ADDRESS") },
	  .validate = validate_addresses,
	  .description =
	      "Mail addresses for counts of held changes, doubts and new "
	      "joins of the municipality's people: once a day, and at once "
	      "for a new kind.  Requires notify-command." },
	{ .name = "accept-login-from",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_NAME } },
	  .description =
	      "Municipalities whose login also counts here, for a person "
	      "who has proved to be the same in both.  By default a person "
	      "acts for this municipality only after a login with an account "
	      "of its own directories." },
	{ .name = "groups",
	  .block = groups_keywords,
	  .description =
	      "Which groups of its directories are synchronised, and their "
	      "kind." },
	{ .name = "school-year",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("MM-DD") },
	  .default_value = "08-01",
	  .validate = validate_day_of_year,
	  .block = school_year_keywords,
	  .description =
	      "First day of the school year: classes and teaching groups "
	      "become those of the next year.  A later day, set before the "
	      "overlap ends, reverts the change." },
	{ .name = "feide",
	  .block = feide_keywords,
	  .description =
	      "The municipality is a school owner; the catalogue has a Feide "
	      "tree for its schools." },
	{ .name = "network",
	  .min_args = 2,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME }, TEXT_ARG("RANGE") },
	  .validate = validate_municipality_network,
	  .description =
	      "A named network for the condition from in the rules of this "
	      "municipality only: address ranges.  The region has no network "
	      "of this name.  The limits of logins do not count it as one." },
	{ .name = "offboarding-date",
	  .formerly = "leaves",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DATE } },
	  .description =
	      "From this day the users log in at the municipality's own "
	      "installation and are denied here.  See portvaktctl offboard." },
	{ .name = "migrated-service",
	  .formerly = "moved",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_NAME } },
	  .description =
	      "Services that its users already reach through the "
	      "municipality's own installation.  Logins to them are denied "
	      "here with the reason service-migrated." },
	SERVICE_GROUP_KEYWORD,
	{ .name = "role",
	  .min_args = 1,
	  .max_args = 1,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME } },
	  .block = role_keywords,
	  .description =
	      "A role that operators grant with portvaktctl role grant.  "
	      "Rules can name the roles of role and of people." },
	{ .name = "rules",
	  .block = rules_keywords,
	  .description =
	      "Access rules.  Access requires a rule that allows it, "
	      "\"may not\" overrides \"may\", and \"may always\" overrides "
	      "\"may not\"." },
	END_OF_KEYWORDS,
};

/* ---- network { } */

static const struct conf_keyword network_keywords[] = {
	{ .name = "shared",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("yes no") },
	  .default_value = "no",
	  .description =
	      "Whether several people use the same computers there, as in a "
	      "classroom.  Sessions that begin there end after ten minutes "
	      "without use, the browser remembers nothing of the person, and "
	      "each page names the person who is logged in." },
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
	  .description = "Settings of the region." },
	{ .name = "network",
	  .min_args = 2,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME }, TEXT_ARG("RANGE") },
	  .validate = validate_network,
	  .block = network_keywords,
	  .description =
	      "A named network for the condition from: address ranges, or "
	      "\"listener NAME\" of the reverse proxy.  It has larger limits "
	      "than an address: many people may share its addresses." },
	{ .name = "directory",
	  .min_args = 2,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME },
	            { .type = CONF_URL, .choices = LDAP_URL_PREFIXES } },
	  .block = directory_keywords,
	  .description =
	      "A source directory, with the URLs of its servers in order of "
	      "preference.  All addresses of a name are tried, within one "
	      "time limit; one that did not respond comes last for a "
	      "minute." },
	{ .name = "municipality",
	  .min_args = 1,
	  .max_args = 1,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME } },
	  .block = municipality_keywords,
	  .description =
	      "A municipality of the region: in the main file, or in a file "
	      "of municipality-files." },
	{ .name = "municipality-files",
	  .min_args = 1,
	  .max_args = 1,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { TEXT_ARG("GLOB") },
	  .description =
	      "The files of the municipalities, such as policies/*.conf.  "
	      "Each is named NAME.conf and holds one block, \"municipality "
	      "NAME { ... }\", and nothing else: no include, and no other "
	      "statement at top level.  So a municipality cannot change what "
	      "belongs to the region or to another municipality." },
	{ .name = "service",
	  .min_args = 1,
	  .max_args = 1,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME } },
	  .block = service_keywords,
	  .description =
	      "A service provider (SAML) or relying party (OpenID Connect)." },
	SERVICE_GROUP_KEYWORD,
	{ .name = "maintenance",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { TEXT_ARG("SERVICE") },
	  .description =
	      "SERVICE ... from TIME until TIME [nb TEXT] [nn TEXT] [en TEXT]: "
	      "the services are closed for everyone during this time, with "
	      "the text of the reader's language on the page.  TIME is local "
	      "time: 2026-12-05T22:00, or a date.  \"any\" is every service." },
	{ .name = "plugin",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_NAME } },
	  .validate = validate_plugin,
	  .block = plugin_keywords,
	  .description =
	      "Plugins for the rules of all municipalities.  They run in "
	      "plugin-host@region." },
	END_OF_KEYWORDS,
};
