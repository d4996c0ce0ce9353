/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords_school.c: the keywords of groups { }, feide { } and
 * school-year. */
#include "lib/clock.h"
#include "region/config/config_keyword_macros.h"
#include "region/config/config_validators.h"

#define GROUP_RULE_KEYWORD(name_, means_)                         \
	{                                                         \
		.name = (name_), .min_args = 2, .max_args = 2,    \
		.occurrence = CONF_REPEATABLE,                    \
		.args = { LITERAL_ARG("under"), TEXT_ARG("DN") }, \
		.description = (means_)                           \
	}

const struct conf_keyword groups_keywords[] = {
	GROUP_RULE_KEYWORD(
	    "unit", "Organisational units: the groups at or below that entry, "
		    "or the containers there with the people in them.  "
		    "The first matching line applies."),
	GROUP_RULE_KEYWORD("class",
	                   "School classes, valid for one school year."),
	GROUP_RULE_KEYWORD("teaching",
	                   "Teaching groups, valid for one school year."),
	GROUP_RULE_KEYWORD("role", "Other groups, such as project groups."),
	END_OF_KEYWORDS,
};

static const struct conf_keyword school_keywords[] = {
	{ .name = "organisation-number",
	  .formerly = "number",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("NUMBER") },
	  .validate = validate_organisation_number,
	  .description = "Organisation number of the school: nine digits." },
	{ .name = "under",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { TEXT_ARG("DN") },
	  .description = "Subtrees with its people and groups, in any of the "
	                 "municipality's directories." },
	{ .name = "mail",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("MAIL") },
	  .description = "Mail address of the school." },
	END_OF_KEYWORDS,
};

const struct conf_keyword feide_keywords[] = {
	{ .name = "realm",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { CONF_HOST } },
	  .description = "Realm of its Feide names: the part after @." },
	{ .name = "national-id",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("yes no") },
	  .default_value = "no",
	  .description = "Whether Feide receives national identity numbers." },
	{ .name = "mail",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("MAIL") },
	  .description = "Mail address of the school owner." },
	{ .name = "legal-name",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "Name in the register of legal entities." },
	{ .name = "school",
	  .min_args = 2,
	  .max_args = 2,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME }, TEXT_ARG("TEXT") },
	  .block = school_keywords,
	  .description = "A school and its display name." },
	END_OF_KEYWORDS,
};

const struct conf_keyword school_year_keywords[] = {
	{ .name = "overlap",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "14d",
	  .description =
	      "Time during which people are in the groups of both years." },
	END_OF_KEYWORDS,
};

/* Rejects 29 February: the date must exist in every year. */
void validate_day_of_year(const struct conf_statement *s,
                          struct conf_errors *errors)
{
	int64_t when = 0;

	if (!clock_parse_date(
		arena_printf(errors->arena, "2001-%s", s->args[1]), false,
		&when))
		conf_error_add(
		    errors, s, 1,
		    "%s is not a day of every year; expected month and "
		    "day such as 08-01",
		    s->args[1]);
}
