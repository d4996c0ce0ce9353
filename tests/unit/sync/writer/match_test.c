/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/attr.h"
#include "lib/text.h"
#include "sync/writer/match.h"

struct row {
	const char *what;
	struct match_facts facts;
	enum match expected;
	const char *reason;
};

static void decide_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *reason = "unset";
		enum match got = match_decide(&rows[i].facts, &reason);

		if (got != rows[i].expected ||
		    !text_equal(reason, rows[i].reason))
			fail_msg("%s: %d %s", rows[i].what, (int)got,
			         reason ? reason : "-");
	}
}

static void an_ambiguous_new_entry_is_quarantined(void **state)
{
	static const struct row rows[] = {
		{ "nobody knows them", { .may_join = true }, MATCH_NEW, NULL },
		{ "without a number", { 0 }, MATCH_NEW, NULL },
		{ "one other has the number",
		  { .may_join = true, .others = 1 },
		  MATCH_JOIN,
		  NULL },
		{ "one other has it, and is called otherwise",
		  { .may_join = true, .others = 1, .other_name = true },
		  MATCH_DOUBT,
		  "join-value-of-another" },
		{ "somebody else who is not let in either is called otherwise",
		  { .may_join = true, .other_name = true },
		  MATCH_DOUBT,
		  "join-value-of-another" },
		{ "several have it",
		  { .may_join = true, .others = 2 },
		  MATCH_DOUBT,
		  "join-value-of-several" },
		{ "another entry of its municipality has the number",
		  { .may_join = true, .twice = true },
		  MATCH_DOUBT,
		  "same-number-twice" },
		{ "... and one person has it, who is that other entry",
		  { .may_join = true, .twice = true, .others = 1 },
		  MATCH_DOUBT,
		  "same-number-twice" },
		{ "one has it but the municipality does not join",
		  { .others = 1 },
		  MATCH_NEW,
		  NULL },
		{ "a wrong number: let in as a person of its own, and told",
		  { .flawed = true },
		  MATCH_NEW,
		  "national-id-invalid" },
	};

	(void)state;
	decide_all(rows, LENGTH(rows));
}

static void entries_of_a_rebuilt_directory_take_over_their_affiliations(
    void **state)
{
	static const struct row rows[] = {
		{ "one whose entry is gone had the number",
		  { .may_join = true, .others = 1, .returning = 1 },
		  MATCH_RETURN,
		  NULL },
		{ "... and two entries have it now",
		  { .may_join = true,
		    .others = 1,
		    .returning = 1,
		    .twice = true },
		  MATCH_DOUBT,
		  "same-number-twice" },
		{ "one had its employee number and its login name",
		  { .returning = 1, .login_left = 1 },
		  MATCH_RETURN,
		  NULL },
		{ "... and its number cannot be right",
		  { .flawed = true, .returning = 1, .login_left = 1 },
		  MATCH_RETURN,
		  "national-id-invalid" },
		{ "one had its login name only",
		  { .login_left = 1 },
		  MATCH_DOUBT,
		  "login-name-of-leaver" },
		{ "... and its number is known of somebody",
		  { .may_join = true, .others = 1, .login_left = 1 },
		  MATCH_JOIN,
		  NULL },
		{ "two had its number: it is that person, with a new post",
		  { .may_join = true, .others = 1, .returning = 2 },
		  MATCH_JOIN,
		  NULL },
		{ "two had its employee number and its login name",
		  { .returning = 2, .login_left = 2 },
		  MATCH_DOUBT,
		  "login-name-of-leaver" },
	};

	(void)state;
	decide_all(rows, LENGTH(rows));
}

static void a_linked_entry_stays_linked(void **state)
{
	static const struct row rows[] = {
		{ "a wrong number of somebody known",
		  { .linked = true, .flawed = true },
		  MATCH_LINKED,
		  "national-id-invalid" },
		{ "known, same number",
		  { .linked = true, .may_join = true, .same_as_linked = true },
		  MATCH_LINKED,
		  NULL },
		{ "known, and a second entry has the number",
		  { .linked = true,
		    .may_join = true,
		    .same_as_linked = true,
		    .twice = true },
		  MATCH_LINKED,
		  NULL },
		{ "known, new number: D-number became a birth number",
		  { .linked = true, .may_join = true },
		  MATCH_LINKED,
		  NULL },
		{ "known, new number, and their other entry says another",
		  { .linked = true, .may_join = true, .disputed = true },
		  MATCH_DOUBT,
		  "join-value-changed" },
		{ "known, and the number is another's",
		  { .linked = true, .may_join = true, .others = 1 },
		  MATCH_DOUBT,
		  "join-value-of-another" },
		{ "known, and two have each other's number",
		  { .linked = true,
		    .may_join = true,
		    .others = 1,
		    .swapped = true },
		  MATCH_DOUBT,
		  "numbers-swapped" },
		{ "known, and the municipality does not join",
		  { .linked = true, .others = 1 },
		  MATCH_LINKED,
		  NULL },
	};

	(void)state;
	decide_all(rows, LENGTH(rows));
}

TESTS(an_ambiguous_new_entry_is_quarantined,
      entries_of_a_rebuilt_directory_take_over_their_affiliations,
      a_linked_entry_stays_linked)
