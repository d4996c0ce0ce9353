/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords_limits.c: the keywords of limits { } in directory { }. */
#include "region/config/config_keyword_macros.h"

#define LIMIT_KEYWORD(name_, default_, means_)                                 \
	{                                                                      \
		.name = (name_), .min_args = 1, .max_args = 1,                 \
		.args = { { .type = CONF_NUMBER, .min = 0, .max = 1000000 } }, \
		.default_value = (default_), .description = (means_)           \
	}

const struct conf_keyword limits_keywords[] = {
	LIMIT_KEYWORD("deactivations", "4",
	              "People who may be deactivated in a day."),
	LIMIT_KEYWORD("returns", "4",
	              "Suspended people who may become active in a day.  Those "
	              "suspended less than seven days ago, or until a first "
	              "day that was known, do not count."),
	LIMIT_KEYWORD(
	    "kind-changes", "4",
	    "People who may become another kind, or belong to another "
	    "municipality, in a day."),
	LIMIT_KEYWORD("upward-moves", "2",
	              "The same for moves upwards: a pupil to an employee, "
	              "anyone to a teacher; and people who may gain one role "
	              "that a rule uses.  For people created less than 45 days "
	              "ago the limit is ten times this one."),
	LIMIT_KEYWORD("role-grants", "3",
	              "People who may gain one role in a day.  They do not "
	              "count on the first day of a directory; for people "
	              "created less than 45 days ago the limit is ten times "
	              "this one."),
	LIMIT_KEYWORD("role-losses", "4",
	              "People who may lose one role in a day."),
	LIMIT_KEYWORD("end-dates", "4",
	              "People whose last day, of the employment or of the "
	              "account, may be set or moved earlier in a day.  The end "
	              "of pupils of the tenth year with their school year does "
	              "not count."),
	LIMIT_KEYWORD(
	    "changed-names", "4",
	    "People whose login name, or mail address, may change in a "
	    "day."),
	LIMIT_KEYWORD("lost-values", "4",
	              "People who may lose one attribute in a day."),
	LIMIT_KEYWORD(
	    "same-values", "4",
	    "People who may get the same unit, title, name or employee "
	    "number in a day."),
	{ .name = "share",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_PERCENT } },
	  .default_value = "33%",
	  .description =
	      "Two or more such changes in a day are also held if "
	      "they concern at least this share of the people of one "
	      "kind.  100%: never." },
	{ .name = "unit-share",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_PERCENT } },
	  .default_value = "50%",
	  .description = "Three or more are also held if they are more than "
	                 "this share of a unit or of a container of the "
	                 "directory, or of the holders of a role that is "
	                 "lost.  100%: never." },
	END_OF_KEYWORDS,
};
