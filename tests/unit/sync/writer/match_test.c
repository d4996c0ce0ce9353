/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/attr.h"
#include "sync/writer/writer.h"

static void doubt_is_never_a_guess(void **state)
{
	static const struct {
		const char *what;
		struct match_facts facts;
		enum match expected;
		bool told;
	} rows[] = {
		{ "nobody knows them", { .may_join = true }, MATCH_NEW, false },
		{ "without a number", { 0 }, MATCH_NEW, false },
		{ "one other has the number",
		  { .may_join = true, .others = 1 },
		  MATCH_JOIN,
		  false },
		{ "several have it",
		  { .may_join = true, .others = 2 },
		  MATCH_DOUBT,
		  true },
		{ "another entry of its directory has the number",
		  { .may_join = true, .twice = true },
		  MATCH_DOUBT,
		  true },
		{ "... and one person has it, who is that other entry",
		  { .may_join = true, .twice = true, .others = 1 },
		  MATCH_DOUBT,
		  true },
		{ "known, and another entry of its directory has the number",
		  { .linked = true,
		    .may_join = true,
		    .same_as_linked = true,
		    .linked_has_value = true,
		    .twice = true },
		  MATCH_LINKED,
		  false },
		{ "one has it but the municipality does not join",
		  { .others = 1 },
		  MATCH_NEW,
		  false },
		{ "a wrong number", { .flawed = true }, MATCH_DOUBT, true },
		{ "a wrong number of somebody known",
		  { .linked = true, .flawed = true },
		  MATCH_LINKED,
		  true },
		{ "known, same number",
		  { .linked = true,
		    .may_join = true,
		    .same_as_linked = true,
		    .linked_has_value = true },
		  MATCH_LINKED,
		  false },
		{ "known alone, new number: D-number became a birth number",
		  { .linked = true,
		    .linked_alone = true,
		    .may_join = true,
		    .linked_has_value = true },
		  MATCH_LINKED,
		  false },
		{ "known with others, new number",
		  { .linked = true,
		    .may_join = true,
		    .linked_has_value = true },
		  MATCH_DOUBT,
		  true },
		{ "known, and the number is another's",
		  { .linked = true,
		    .linked_alone = true,
		    .may_join = true,
		    .others = 1 },
		  MATCH_DOUBT,
		  true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *reason = "unset";
		enum match got = match_decide(&rows[i].facts, &reason);

		if (got != rows[i].expected || (reason != NULL) != rows[i].told)
			fail_msg("%s: %d %s", rows[i].what, (int)got,
			         reason ? reason : "-");
	}
}

TESTS(doubt_is_never_a_guess)
