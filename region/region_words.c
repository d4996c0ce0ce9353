/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords.c: every keyword of the configuration file with its
 * arguments, default value and description.  A released keyword is never
 * removed. */
#include "region/region_words.h"

#include "region/kind.h"
#include "region/words.h"
#include "region/words_also.h"

/* ---- region { } */

#define ENTRY(name_, means_)                                                  \
	{                                                                     \
		.name = (name_), .least = 3, .most = 3, .required = true,     \
		.args = { CALLED("DN"), KEYWORD("secret"), { CONF_SECRET } }, \
		.means = (means_)                                             \
	}

static const struct conf_word catalogue_words[] = {
	{ .name = "base",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { CALLED("DN") },
	  .means = "The entry below which everything of the region lies." },
	ENTRY("reader", "As whom portvakt-idp reads."),
	ENTRY("writer", "As whom portvakt-sync writes people, groups and "
	                "municipalities."),
	ENTRY("admin", "As whom portvakt-admin writes roles and decisions."),
	{ .name = "feide",
	  .least = 3,
	  .most = 3,
	  .args = { CALLED("DN"), KEYWORD("secret"), { CONF_SECRET } },
	  .means = "As whom portvakt-feide reads sealed national numbers and "
	           "writes clear ones below ou=feide; only where a school "
	           "owner says \"national-id yes\"." },
	{ .name = "trust",
	  .least = 1,
	  .most = 1,
	  .args = { CALLED("FILE") },
	  .means = "PEM file of the authorities whose certificates are "
	           "believed; without it, the system's." },
	END,
};

static const struct conf_word session_words[] = {
	{ .name = "idle",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_SPAN } },
	  .otherwise = "30m",
	  .means = "A session unused for so long ends." },
	{ .name = "longest",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_SPAN } },
	  .otherwise = "10h",
	  .means = "No session lasts longer." },
	{ .name = "user",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_NAME } },
	  .otherwise = "portvakt",
	  .means = "The ACL user in Redis." },
	{ .name = "secret",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_SECRET } },
	  .means = "That user's password; without it none is sent." },
	END,
};

static const struct conf_word in_region[] = {
	{ .name = "name",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .means = "What people call the region." },
	{ .name = "login",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { HTTPS },
	  .also = also_origin,
	  .means = "The one host where people log in." },
	{ .name = "issuer",
	  .least = 1,
	  .most = 1,
	  .args = { HTTPS },
	  .also = also_origin,
	  .means = "The region's OpenID Connect issuer and SAML entity; "
	           "without it, the login host is it." },
	{ .name = "trust",
	  .least = 1,
	  .most = 1,
	  .args = { CALLED("FILE") },
	  .means = "PEM file of the authorities that services' back-channel "
	           "addresses are held against; without it the system's." },
	{ .name = "languages",
	  .least = 1,
	  .most = CONF_MANY,
	  .args = { WORDS("nb nn en") },
	  .otherwise = "nb nn en",
	  .means = "The pages' languages; the first one goes where a "
	           "browser asks for none of them." },
	{ .name = "contact",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .means = "Whom people may turn to, as written on the pages." },
	{ .name = "node",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_NAME } },
	  .otherwise = "a",
	  .means = "This machine's letter in receipt codes; each node of a "
	           "region has its own." },
	{ .name = "run",
	  .least = 1,
	  .most = 1,
	  .also = also_folder,
	  .args = { CALLED("FOLDER") },
	  .otherwise = "/run/portvakt",
	  .means = "Where our processes' sockets are." },
	{ .name = "state",
	  .least = 1,
	  .most = 1,
	  .also = also_folder,
	  .args = { CALLED("FOLDER") },
	  .otherwise = "/var/lib/portvakt",
	  .means = "Where the record, keys and sync's cache are." },
	{ .name = "credentials",
	  .least = 1,
	  .most = 1,
	  .also = also_folder,
	  .args = { CALLED("FOLDER") },
	  .otherwise = "/etc/portvakt/credentials",
	  .means = "Where a @name is a file of that name, readable by its "
	           "owner alone; systemd's credentials and those of "
	           "the role's own folder come first." },
	{ .name = "catalogue",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { { .type = CONF_URL, .words = LOCAL_LDAP } },
	  .block = catalogue_words,
	  .means = "The regional catalogue." },
	{ .name = "sessions",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { { .type = CONF_URL, .words = "unix:" } },
	  .also = also_folder,
	  .block = session_words,
	  .means = "The Redis that holds what happens now: unix:/path." },
	{ .name = "grace",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_SPAN } },
	  .otherwise = "30d",
	  .means = "Whoever leaves is suspended at once and removed after "
	           "this." },
	{ .name = "prefer",
	  .least = 3,
	  .most = CONF_MANY,
	  .times = CONF_EACH,
	  .args = { WORDS("name language"), KEYWORD("from"), { CONF_NAME } },
	  .means = "Whose word counts where two directories disagree about a "
	           "person: the first of these that says anything, then an "
	           "employer before a school before an office." },
	END,
};

/* ---- directory { } */

static const struct conf_word in_directory[] = {
	{ .name = "kind",
	  .least = 1,
	  .most = 1,
	  .args = { WORDS("openldap 389ds active-directory other") },
	  .otherwise = "openldap",
	  .means = "Whose directory it is; other: all of it is read and "
	           "compared, and nothing but searching is asked of it." },
	{ .name = "poll",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_SPAN } },
	  .means = "How often a directory that cannot push is asked: "
	           "active-directory every 2 seconds, other every 5 minutes." },
	{ .name = "base",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { CALLED("DN") },
	  .means = "The entry below which its people are." },
	{ .name = "bind-as",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { CALLED("DN") },
	  .means = "As whom we read it." },
	{ .name = "secret",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { { CONF_SECRET } },
	  .means = "That entry's password." },
	{ .name = "trust",
	  .least = 1,
	  .most = 1,
	  .args = { CALLED("FILE") },
	  .means = "PEM file of the authorities whose certificates are "
	           "believed; without it, the system's." },
	{ .name = "compare",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_SPAN } },
	  .otherwise = "24h",
	  .means = "A full compare this often heals what was missed." },
	{ .name = "brake",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_PERCENT } },
	  .otherwise = "2%",
	  .means = "When more than this would leave at once they are held "
	           "until somebody has looked." },
	{ .name = "passwords",
	  .least = 1,
	  .most = 2,
	  .args = { WORDS("self teachers") },
	  .means = "Who may set passwords there from Portvakt's pages: people "
	           "their own, with the old one; teachers those of pupils of "
	           "their own classes, by bind-as' rights.  Without it "
	           "nobody." },
	{ .name = "canary",
	  .least = 1,
	  .most = 1,
	  .args = { CALLED("DN") },
	  .means = "An entry that is always there: while it is not, nobody of "
	           "this directory leaves." },
	{ .name = "newcomers",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_PERCENT } },
	  .otherwise = "20%",
	  .means = "When more new people than this, and more than 50, come at "
	           "once they wait for a welcome.  Not on the directory's "
	           "first day." },
	{ .name = "rehearse",
	  .means = "It is read, joined and reported, and nothing of it is "
	           "written to the catalogue." },
	{ .name = "read",
	  .least = 3,
	  .most = 3,
	  .times = CONF_EACH,
	  .args = { WORDS("login name given-name family-name language mail "
	                  "phone title employee-number unit position from "
	                  "until national-id acts-for disabled protected "
	                  "group-name group-code grep"),
	            KEYWORD("from"), CALLED("ATTRIBUTE") },
	  .means = "Which attribute holds it here, where it is not the "
	           "kind's usual one." },
	END,
};

/* ---- municipality { } */

#define WHO(name_, means_)                                                     \
	{                                                                      \
		.name = (name_), .least = 2, .most = 4, .times = CONF_OFTEN,   \
		.args = { WORDS("under are"), CALLED("DN|WHO"), KEYWORD("in"), \
			  CALLED("DN") },                                      \
		.also = also_who, .means = (means_)                            \
	}

static const struct conf_word people_words[] = {
	WHO("employees", "Who is an employee: whoever stands under that "
	                 "entry, or the named kind in that group."),
	WHO("teachers", "Who is a teacher."),
	WHO("pupils", "Who is a pupil."),
	WHO("politicians", "Who holds an elected office."),
	WHO("guests", "Who is a guest."),
	WHO("vendors", "Who works for a supplier."),
	{ .name = "role",
	  .least = 5,
	  .most = 5,
	  .times = CONF_OFTEN,
	  .args = { { CONF_NAME },
	            WORDS("is are"),
	            WORDS(KINDS_PLURAL),
	            WORDS("in under"),
	            CALLED("DN") },
	  .also = also_who,
	  .means = "A role and who holds it: the named kind in that group or "
	           "under that entry." },
	{ .name = "same-person",
	  .least = 2,
	  .most = 2,
	  .args = { KEYWORD("by"), KEYWORD("national-id") },
	  .means = "People with the same national number elsewhere in the "
	           "region are the same person." },
	END,
};

static const struct conf_word rule_words[] = {
	{ .name = "*",
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .means = "WHO may [not] enter SERVICE ... [when CONDITION [and "
	           "CONDITION ...]].  WHO is " KINDS_PLURAL ", or role NAME.  "
	           "SERVICE is a service, \"portal\", or \"any\": these, and "
	           "services still to come." },
	END,
};

static const struct conf_word in_municipality[] = {
	{ .name = "name",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .means = "What people call it." },
	{ .name = "number",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { CALLED("NUMBER") },
	  .also = also_number,
	  .means = "Its organisation number: nine digits." },
	{ .name = "domain",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { { CONF_HOST } },
	  .means = "What stands behind @ in a login name." },
	{ .name = "language",
	  .least = 1,
	  .most = 1,
	  .args = { WORDS("nb nn en") },
	  .otherwise = "nb",
	  .means = "The language its pages begin in." },
	{ .name = "contact",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .means = "Whom its people may turn to, as written on the pages." },
	{ .name = "mark",
	  .least = 1,
	  .most = 1,
	  .args = { CALLED("FILE") },
	  .also = also_mark,
	  .means = "The SVG shown on the login page." },
	{ .name = "colour",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_COLOUR } },
	  .also = also_colour,
	  .means = "Its colour, dark enough for white text (4.5:1)." },
	{ .name = "issuer",
	  .least = 1,
	  .most = 1,
	  .args = { HTTPS },
	  .also = also_origin,
	  .means = "An issuer of its own: a host, keys and identifiers that "
	           "it can take along when it leaves." },
	{ .name = "plugin",
	  .least = 1,
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .args = { { CONF_NAME } },
	  .also = also_plugin,
	  .means = "Plugins of its own; they run in its judge.  Each teaches "
	           "its name as a word, and words that begin with its name "
	           "and a hyphen." },
	{ .name = "people",
	  .least = 2,
	  .most = 4,
	  .times = CONF_OFTEN,
	  .args = { KEYWORD("from"),
	            { CONF_NAME },
	            KEYWORD("under"),
	            CALLED("DN") },
	  .also = also_people,
	  .block = people_words,
	  .means = "Which of a directory's people are its own." },
	{ .name = "groups",
	  .block = groups_words,
	  .means = "Which of its directories' groups are groups of the region, "
	           "and what they are." },
	{ .name = "school-year",
	  .least = 1,
	  .most = 1,
	  .args = { CALLED("MM-DD") },
	  .otherwise = "08-01",
	  .also = also_day_of_year,
	  .block = school_year_words,
	  .means = "The day on which classes and teaching groups become those "
	           "of the next school year.  Put later, before the overlap "
	           "is over, it takes the change back." },
	{ .name = "feide",
	  .block = feide_words,
	  .means = "It owns schools, and Feide has a tree of their people." },
	{ .name = "leaves",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_DATE } },
	  .means = "From that day on its people log in at an installation of "
	           "their own, and nobody of it is let in here.  What it "
	           "means: portvaktctl leave." },
	{ .name = "moved",
	  .least = 1,
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .args = { { CONF_NAME } },
	  .means = "Services that its people reach by their own installation "
	           "already, while it leaves; here they are told so." },
	{ .name = "rules",
	  .block = rule_words,
	  .means = "Who may enter what.  Nothing is allowed unless a rule says "
	           "so, and \"may not\" wins." },
	END,
};

/* ---- top level */

const struct conf_word region_words[] = {
	{ .name = "region",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { { CONF_NAME } },
	  .block = in_region,
	  .means = "What the whole region agrees on." },
	{ .name = "network",
	  .least = 2,
	  .most = CONF_MANY,
	  .times = CONF_EACH,
	  .args = { { CONF_NAME }, CALLED("RANGE") },
	  .also = also_network,
	  .means = "Where a request comes from: address ranges, or \"listener "
	           "NAME\" of the front door." },
	{ .name = "directory",
	  .least = 2,
	  .most = CONF_MANY,
	  .times = CONF_EACH,
	  .args = { { CONF_NAME }, { .type = CONF_URL, .words = LOCAL_LDAP } },
	  .block = in_directory,
	  .means = "A source of people, with its addresses in the order they "
	           "are tried." },
	{ .name = "municipality",
	  .least = 1,
	  .most = 1,
	  .times = CONF_EACH,
	  .args = { { CONF_NAME } },
	  .block = in_municipality,
	  .means = "A member of the region." },
	{ .name = "service",
	  .least = 1,
	  .most = 1,
	  .times = CONF_EACH,
	  .args = { { CONF_NAME } },
	  .block = service_words,
	  .means = "A system that people enter." },
	{ .name = "plugin",
	  .least = 1,
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .args = { { CONF_NAME } },
	  .also = also_plugin,
	  .means = "The region's own plugins, for every municipality's rules; "
	           "they run in judge@region." },
	END,
};
