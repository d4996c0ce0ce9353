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
	    "unit", "Organisational units: groups at or below that entry, "
		    "or the containers there with whoever stands in them.  "
		    "A line that stands earlier wins."),
	GROUP_RULE_KEYWORD("class",
	                   "School classes, for a school year at a time."),
	GROUP_RULE_KEYWORD("teaching", "Teaching groups, likewise."),
	GROUP_RULE_KEYWORD("role",
	                   "Groups of people with something to do together."),
	END_OF_KEYWORDS,
};

static const struct conf_keyword school_keywords[] = {
	{ .name = "number",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("NUMBER") },
	  .validate = validate_organisation_number,
	  .description = "The school's organisation number: nine digits." },
	{ .name = "under",
	  .min_args = 1,
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .args = { TEXT_ARG("DN") },
	  .description =
	      "Entries below which its people and its groups are, in any "
	      "of the municipality's directories." },
	{ .name = "mail",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("MAIL") },
	  .description = "Where the school is written to." },
	END_OF_KEYWORDS,
};

const struct conf_keyword feide_keywords[] = {
	{ .name = "realm",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { { CONF_HOST } },
	  .description =
	      "What stands behind @ in its people's names at Feide." },
	{ .name = "national-id",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { CHOICE_ARG("yes no") },
	  .default_value = "no",
	  .description =
	      "Whether its agreement with Feide gives Feide its people's "
	      "national numbers." },
	{ .name = "mail",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .args = { TEXT_ARG("MAIL") },
	  .description = "Where the school owner is written to." },
	{ .name = "legal-name",
	  .min_args = 1,
	  .max_args = 1,
	  .required = true,
	  .description = "Its name as the register of organisations has it." },
	{ .name = "school",
	  .min_args = 2,
	  .max_args = 2,
	  .occurrence = CONF_ONCE_PER_NAME,
	  .args = { { CONF_NAME }, TEXT_ARG("TEXT") },
	  .block = school_keywords,
	  .description = "One of its schools and what people call it." },
	END_OF_KEYWORDS,
};

const struct conf_keyword school_year_keywords[] = {
	{ .name = "overlap",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_DURATION } },
	  .default_value = "14d",
	  .description =
	      "For so long people are in the groups of both years." },
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
		    "%s is no day of every year: month and day, such "
		    "as 08-01",
		    s->args[1]);
}
