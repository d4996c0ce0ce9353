/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords_region.c: the keywords of region { }. */
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
	  .description = "Base DN of the catalogue." },
	ACCOUNT_KEYWORD(
	    "reader",
	    "Bind DN and password of portvakt-idp, which only reads."),
	ACCOUNT_KEYWORD("writer",
	                "Bind DN and password of portvakt-sync, which writes "
	                "people, groups and municipalities."),
	ACCOUNT_KEYWORD("admin",
	                "Bind DN and password of portvakt-admin, which writes "
	                "roles and decisions."),
	{ .name = "feide",
	  .min_args = 3,
	  .max_args = 3,
	  .args = { TEXT_ARG("DN"), LITERAL_ARG("secret"), { CONF_SECRET } },
	  .description =
	      "Bind DN and password of portvakt-feide, which reads encrypted "
	      "national identity numbers and writes them in clear below "
	      "ou=feide.  Required if a school owner has "
	      "\"national-id yes\"." },
	{ .name = "tls-ca-file",
	  .formerly = "trust",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description =
	      "PEM file with the CA certificates that verify the server's "
	      "certificate.  Default: the system's CA bundle." },
	{ .name = "max-staleness",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "1h",
	  .description =
	      "When the catalogue has been unreachable for this time, who is "
	      "logged in stays in the services in use and can enter no "
	      "other one, because a person who is disabled meanwhile would "
	      "not be noticed.  At least 10s." },
	END_OF_KEYWORDS,
};

static const struct conf_keyword session_store_keywords[] = {
	{ .name = "idle-timeout",
	  .formerly = "idle",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "30m",
	  .description =
	      "A session without activity for this time ends, and the "
	      "services that were used in it are notified." },
	{ .name = "max-lifetime",
	  .formerly = "longest",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "10h",
	  .description = "Maximum lifetime of a session." },
	{ .name = "user",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_NAME } },
	  .default_value = "portvakt",
	  .description = "ACL user in Redis." },
	{ .name = "secret",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_SECRET } },
	  .description =
	      "Password of that user.  Default: no authentication." },
	END_OF_KEYWORDS,
};

static const struct conf_renamed former_precedence[] = { { "from", NULL },
	                                                 { NULL, NULL } };

const struct conf_keyword region_keywords[] = {
	{ .name = "name",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "Display name of the region." },
	{ .name = "login-url",
	  .formerly = "login",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { HTTPS_ARG },
	  .validate = validate_origin,
	  .description = "URL of the login host, without a path." },
	{ .name = "issuer",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { HTTPS_ARG },
	  .validate = validate_origin,
	  .description = "OpenID Connect issuer of the region, and base of "
	                 "its SAML entityID.  Default: login-url." },
	{ .name = "backchannel-ca-file",
	  .formerly = "trust",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { TEXT_ARG("FILE") },
	  .description =
	      "PEM file with the CA certificates that verify the servers of "
	      "backchannel-logout-uri.  Default: the system's CA bundle." },
	{ .name = "languages",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .args = { CHOICE_ARG("nb nn en") },
	  .default_value = "nb nn en",
	  .description = "Languages of the pages.  The first is used if the "
	                 "browser accepts none of them." },
	{ .name = "contact",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "Contact for users, shown on the pages." },
	{ .name = "notify-command",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .validate = validate_path,
	  .args = { TEXT_ARG("PROGRAM"), TEXT_ARG("ARGUMENT") },
	  .description = "Program that sends the mail on its standard input: "
	                 "/usr/sbin/sendmail -t.  See sync report --send in "
	                 "portvaktctl(8)." },
	{ .name = "node-id",
	  .formerly = "node",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_NAME } },
	  .default_value = "a",
	  .description =
	      "Prefix of this node's receipt codes.  Each node of a region "
	      "has its own." },
	{ .name = "runtime-directory",
	  .formerly = "run",
	  .min_args = 1,
	  .max_args = 1,
	  .validate = validate_path,
	  .args = { TEXT_ARG("DIRECTORY") },
	  .default_value = "/run/portvakt",
	  .description = "Directory of the processes' sockets." },
	{ .name = "state-directory",
	  .formerly = "state",
	  .min_args = 1,
	  .max_args = 1,
	  .validate = validate_path,
	  .args = { TEXT_ARG("DIRECTORY") },
	  .default_value = "/var/lib/portvakt",
	  .description = "Directory of the audit log, the keys and the "
	                 "synchronisation's database." },
	{ .name = "credentials-directory",
	  .formerly = "credentials",
	  .min_args = 1,
	  .max_args = 1,
	  .validate = validate_path,
	  .args = { TEXT_ARG("DIRECTORY") },
	  .default_value = "/etc/portvakt/credentials",
	  .description =
	      "Directory of the credentials: @NAME is the file of that name, "
	      "readable by its owner only.  systemd's credentials and those "
	      "in the role's own subdirectory take precedence." },
	{ .name = "catalogue",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { .type = CONF_URL, .choices = LDAP_URL_PREFIXES } },
	  .block = catalogue_keywords,
	  .description = "LDAP URL of the regional catalogue." },
	{ .name = "session-store",
	  .formerly = "sessions",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { .type = CONF_URL, .choices = "unix:" } },
	  .validate = validate_path,
	  .block = session_store_keywords,
	  .description = "Redis server of sessions and counters: unix:/path." },
	{ .name = "max-access-change",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_PERCENT } },
	  .default_value = "5%",
	  .description =
	      "A reload that would give or take a service for more of the "
	      "affiliations of one type in a municipality than this, and "
	      "than five, waits until an operator accepts it.  See reload in "
	      "portvaktctl(8)." },
	{ .name = "delete-after",
	  .formerly = "grace",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "30d",
	  .description =
	      "Time between the suspension of an affiliation that left its "
	      "directory and its deletion." },
	{ .name = "hold-released-names",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "90d",
	  .description =
	      "Time before another person can get a login name or mail "
	      "address that was given up." },
	{ .name = "remember-ids",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "3y",
	  .description =
	      "Time after the deletion of a person with a national identity "
	      "number in which a return gives the same identifiers." },
	{ .name = "precedence",
	  .formerly = "prefer",
	  .min_args = 2,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { CHOICE_ARG("name language"),
	            { .type = CONF_NAME,
	              .placeholder = "DIRECTORY-NAME",
	              .renamed = former_precedence } },
	  .description =
	      "Order of the directories that supply this attribute of a "
	      "person who is in several: the first with a value, then "
	      "employers before schools before elected offices." },
	END_OF_KEYWORDS,
};
