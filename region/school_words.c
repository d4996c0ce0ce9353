/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords_school.c: the keywords of groups { }, feide { } and
 * school-year. */
#include "lib/clock.h"
#include "region/words.h"
#include "region/words_also.h"

#define GROUPS(name_, means_)                                                 \
	{                                                                     \
		.name = (name_), .least = 2, .most = 2, .times = CONF_OFTEN,  \
		.args = { KEYWORD("under"), CALLED("DN") }, .means = (means_) \
	}

const struct conf_word groups_words[] = {
	GROUPS("unit", "Organisational units: groups at or below that entry, "
	               "or the containers there with whoever stands in them.  "
	               "A line that stands earlier wins."),
	GROUPS("class", "School classes, for a school year at a time."),
	GROUPS("teaching", "Teaching groups, likewise."),
	GROUPS("role", "Groups of people with something to do together."),
	END,
};

static const struct conf_word school_words[] = {
	{ .name = "number",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { CALLED("NUMBER") },
	  .also = also_number,
	  .means = "The school's organisation number: nine digits." },
	{ .name = "under",
	  .least = 1,
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .args = { CALLED("DN") },
	  .means = "Entries below which its people and its groups are, in any "
	           "of the municipality's directories." },
	{ .name = "mail",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { CALLED("MAIL") },
	  .means = "Where the school is written to." },
	END,
};

const struct conf_word feide_words[] = {
	{ .name = "realm",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { { CONF_HOST } },
	  .means = "What stands behind @ in its people's names at Feide." },
	{ .name = "national-id",
	  .least = 1,
	  .most = 1,
	  .args = { WORDS("yes no") },
	  .otherwise = "no",
	  .means = "Whether its agreement with Feide gives Feide its people's "
	           "national numbers." },
	{ .name = "mail",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .args = { CALLED("MAIL") },
	  .means = "Where the school owner is written to." },
	{ .name = "legal-name",
	  .least = 1,
	  .most = 1,
	  .required = true,
	  .means = "Its name as the register of organisations has it." },
	{ .name = "school",
	  .least = 2,
	  .most = 2,
	  .times = CONF_EACH,
	  .args = { { CONF_NAME }, CALLED("TEXT") },
	  .block = school_words,
	  .means = "One of its schools and what people call it." },
	END,
};

const struct conf_word school_year_words[] = {
	{ .name = "overlap",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_SPAN } },
	  .otherwise = "14d",
	  .means = "For so long people are in the groups of both years." },
	END,
};

/* Rejects 29 February: the date must exist in every year. */
void also_day_of_year(const struct conf_statement *s,
                      struct conf_complaints *wrong)
{
	int64_t when = 0;

	if (!clock_from_date(arena_print(wrong->arena, "2001-%s", s->words[1]),
	                     false, &when))
		conf_complain(wrong, s, 1,
		              "%s is no day of every year: month and day, such "
		              "as 08-01",
		              s->words[1]);
}
