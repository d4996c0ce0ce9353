/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "lib/strbuf.h"
#include "sync/engine/correlation/join.h"

struct row {
	const char *what;
	struct join_facts facts;
	enum join_result expected;
	const char *reason;
};

static void decide_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *reason = "unset";
		enum join_result got = join_decide(&rows[i].facts, &reason);

		if (got != rows[i].expected ||
		    !text_equal(reason, rows[i].reason))
			fail_msg("%s: %d %s", rows[i].what, (int)got,
			         reason ? reason : "-");
	}
}

static void an_ambiguous_new_entry_is_quarantined(void **state)
{
	static const struct row rows[] = {
		{ "no match", { .may_join = true }, JOIN_NEW_PERSON, NULL },
		{ "without a number", { 0 }, JOIN_NEW_PERSON, NULL },
		{ "one other has the number",
		  { .may_join = true, .other_people = 1 },
		  JOIN_EXISTING_PERSON,
		  NULL },
		{ "one other has it, under another name",
		  { .may_join = true, .other_people = 1, .names_differ = true },
		  JOIN_NEW_PERSON,
		  "join-value-of-another" },
		{ "... and it is in the same municipality",
		  { .may_join = true,
		    .other_people = 1,
		    .names_differ = true,
		    .duplicate = true },
		  JOIN_NEW_PERSON,
		  "join-value-of-another" },
		{ "another waiting entry has another name",
		  { .may_join = true, .names_differ = true },
		  JOIN_NEW_PERSON,
		  "join-value-of-another" },
		{ "several have it",
		  { .may_join = true, .other_people = 2 },
		  JOIN_AMBIGUOUS,
		  "join-value-of-several" },
		{ "another entry of its municipality has the number",
		  { .may_join = true, .duplicate = true },
		  JOIN_AMBIGUOUS,
		  "same-number-twice" },
		{ "... and one person has it, who is that other entry",
		  { .may_join = true, .duplicate = true, .other_people = 1 },
		  JOIN_AMBIGUOUS,
		  "same-number-twice" },
		{ "one has it but the municipality does not join",
		  { .other_people = 1 },
		  JOIN_NEW_PERSON,
		  NULL },
		{ "an invalid number: a person of its own, reported",
		  { .invalid_number = true },
		  JOIN_NEW_PERSON,
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
		  { .may_join = true, .other_people = 1, .reattachable = 1 },
		  JOIN_REATTACH,
		  NULL },
		{ "... and two entries have it now",
		  { .may_join = true,
		    .other_people = 1,
		    .reattachable = 1,
		    .duplicate = true },
		  JOIN_AMBIGUOUS,
		  "same-number-twice" },
		{ "one had its employee number and its login name",
		  { .reattachable = 1, .login_only = 1 },
		  JOIN_REATTACH,
		  NULL },
		{ "... and its number is invalid",
		  { .invalid_number = true,
		    .reattachable = 1,
		    .login_only = 1 },
		  JOIN_REATTACH,
		  "national-id-invalid" },
		{ "one had its login name only",
		  { .login_only = 1 },
		  JOIN_AMBIGUOUS,
		  "login-name-of-leaver" },
		{ "... and its number is that of a person",
		  { .may_join = true, .other_people = 1, .login_only = 1 },
		  JOIN_EXISTING_PERSON,
		  NULL },
		{ "two had its number: it is that person, with a new post",
		  { .may_join = true, .other_people = 1, .reattachable = 2 },
		  JOIN_EXISTING_PERSON,
		  NULL },
		{ "one had the number, under another name",
		  { .may_join = true, .other_people = 1, .names_differ = true },
		  JOIN_NEW_PERSON,
		  "join-value-of-another" },
		{ "... and another one had its login name",
		  { .may_join = true,
		    .other_people = 1,
		    .names_differ = true,
		    .login_only = 1 },
		  JOIN_AMBIGUOUS,
		  "login-name-of-leaver" },
		{ "it continues its own, and its number is another's",
		  { .may_join = true,
		    .other_people = 1,
		    .names_differ = true,
		    .reattachable = 1 },
		  JOIN_REATTACH,
		  "join-value-of-another" },
		{ "two had its employee number and its login name",
		  { .reattachable = 2, .login_only = 2 },
		  JOIN_AMBIGUOUS,
		  "login-name-of-leaver" },
	};

	(void)state;
	decide_all(rows, LENGTH(rows));
}

static void a_linked_entry_stays_linked(void **state)
{
	static const struct row rows[] = {
		{ "linked, an invalid number",
		  { .linked = true, .invalid_number = true },
		  JOIN_LINKED,
		  "national-id-invalid" },
		{ "linked, same number",
		  { .linked = true, .may_join = true, .same_as_linked = true },
		  JOIN_LINKED,
		  NULL },
		{ "linked, and a second entry has the number",
		  { .linked = true,
		    .may_join = true,
		    .same_as_linked = true,
		    .duplicate = true },
		  JOIN_LINKED,
		  NULL },
		{ "linked, same number, and another name",
		  { .linked = true,
		    .may_join = true,
		    .same_as_linked = true,
		    .renamed = true },
		  JOIN_AMBIGUOUS,
		  "name-changed" },
		{ "... and its number is gone",
		  { .linked = true, .renamed = true },
		  JOIN_AMBIGUOUS,
		  "name-changed" },
		{ "... and its number is invalid",
		  { .linked = true, .invalid_number = true, .renamed = true },
		  JOIN_AMBIGUOUS,
		  "name-changed" },
		{ "... and its number is another's",
		  { .linked = true,
		    .may_join = true,
		    .other_people = 1,
		    .renamed = true },
		  JOIN_AMBIGUOUS,
		  "join-value-of-another" },
		{ "linked, new number: a D-number was replaced",
		  { .linked = true, .may_join = true },
		  JOIN_LINKED,
		  NULL },
		{ "linked, new number, the other entry has another",
		  { .linked = true, .may_join = true, .disputed = true },
		  JOIN_AMBIGUOUS,
		  "join-value-changed" },
		{ "linked, and the number is another's",
		  { .linked = true, .may_join = true, .other_people = 1 },
		  JOIN_AMBIGUOUS,
		  "join-value-of-another" },
		{ "linked, the number came late and is another's",
		  { .linked = true,
		    .may_join = true,
		    .other_people = 1,
		    .late = true },
		  JOIN_AMBIGUOUS,
		  "late-number" },
		{ "... of another name",
		  { .linked = true,
		    .may_join = true,
		    .other_people = 1,
		    .late = true,
		    .names_differ = true },
		  JOIN_AMBIGUOUS,
		  "join-value-of-another" },
		{ "... of two others",
		  { .linked = true,
		    .may_join = true,
		    .other_people = 2,
		    .late = true },
		  JOIN_AMBIGUOUS,
		  "join-value-of-another" },
		{ "linked, and a waiting entry of another name has the number",
		  { .linked = true, .may_join = true, .names_differ = true },
		  JOIN_AMBIGUOUS,
		  "join-value-of-another" },
		{ "linked, and two have each other's number",
		  { .linked = true,
		    .may_join = true,
		    .other_people = 1,
		    .numbers_swapped = true },
		  JOIN_AMBIGUOUS,
		  "numbers-swapped" },
		{ "linked, and the municipality does not join",
		  { .linked = true, .other_people = 1 },
		  JOIN_LINKED,
		  NULL },
	};

	(void)state;
	decide_all(rows, LENGTH(rows));
}

TESTS(an_ambiguous_new_entry_is_quarantined,
      entries_of_a_rebuilt_directory_take_over_their_affiliations,
      a_linked_entry_stays_linked)
