/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_lint_test.c: valid rules and what is noted about them. */
#include "tests/unit/test.h"

#include "lib/clock.h"
#include "region/policy/policy_lint.h"
#include "tests/unit/region/config/fixture.h"

static const char lint_region[] =
    "region r {\n\tname R\n\tlogin-url https://login.r.example\n\tcontact I\n"
    "\tcatalogue ldapi://%%2frun%%2fx {\n\t\tbase dc=r\n"
    "\t\treader cn=r secret @r\n\t\twriter cn=w secret @r\n"
    "\t\tadmin cn=a secret @r\n\t}\n\tsession-store unix:/run/x\n}\n"
    "network school 10.40.0.0/16\n"
    "municipality m {\n\tname M\n\torganisation-number 942402465\n"
    "\tdomain m.example\n\tcontact I\n\trules {\n%s\t}\n}\n%s";

static const struct {
	const char *rules, *statements, *note; /* note NULL: none */
} lint_cases[] = {
	{ "guests may enter portal when until 2026-09-15\n", "",
	  "until 2026-09-15 has passed" },
	{ "guests may enter portal when until 2026-09-16\n", "", NULL },
	{ "guests may enter portal when from school and not from school\n", "",
	  "from and from can never both be met" },
	{ "guests may enter portal when from school or not from school\n", "",
	  "one of from and not from is always met" },
	{ "guests may enter portal when since 2027-02-01 and until "
	  "2027-01-31\n",
	  "", "since and until can never both be met" },
	{ "guests may enter portal when since 2027-01-31 and until "
	  "2027-01-31\n",
	  "", NULL },
	{ "guests may enter portal when on monday and on tuesday\n", "",
	  "on and on can never both be met" },
	{ "guests may enter portal when on monday or on tuesday\n", "", NULL },
	{ "guests may enter portal\nguests may enter portal\n", "",
	  "the same rule is in line" },
	{ "guests may enter portal\nguests may not enter portal\n", "",
	  "has the opposite" },
	{ "guests may enter portal\nguests may not enter portal when from "
	  "school\n",
	  "", NULL },
	{ "guests may enter portal when from school unless not from school\n",
	  "", NULL },
	{ "guests may enter portal\n",
	  "maintenance portal from 2026-01-01 until 2026-01-02\n",
	  "this maintenance has passed" },
};

static void keep_note(void *data, const struct source_location *at,
                      const char *text)
{
	const char **found = data;

	assert_true(at->line > 0);
	*found = text;
}

static void each_finding_is_noted(void **state)
{
	int64_t now;

	(void)state;
	assert_true(clock_parse_local("2026-09-16T12:00", false, &now));
	for (size_t i = 0; i < LENGTH(lint_cases); i++) {
		struct fixture f = fixture_open();
		const char *found = NULL;

		struct config *cfg = fixture_rules(
		    &f, arena_printf(f.arena, lint_region, lint_cases[i].rules,
		                     lint_cases[i].statements));

		policy_lint(f.arena, cfg, now, keep_note, &found);
		if (lint_cases[i].note
		        ? !found || !strstr(found, lint_cases[i].note)
		        : found != NULL)
			fail_msg("%s: %s", lint_cases[i].rules,
			         found ? found : "nothing");
		config_unref(cfg);
		arena_close(f.arena);
	}
}

TESTS(each_finding_is_noted)
