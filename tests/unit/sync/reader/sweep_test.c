/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/attr.h"
#include "sync/reader/reader.h"

#define SLAPD DIRECTORY_OPENLDAP
#define DS    DIRECTORY_389DS

struct row {
	const char *what;
	struct sweep_facts facts;
	enum sweep means;
};

static void holds(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sweep_decide(&rows[i].facts) != rows[i].means)
			fail_msg("%s: %d", rows[i].what,
			         (int)sweep_decide(&rows[i].facts));
}

/* kind, code, cookie sent, cookie came, deletes, received, presents, known */
static void without_a_cookie_what_did_not_come_is_absent(void **state)
{
	static const struct row rows[] = {
		{ "first, FALSE",
		  { SLAPD, 0, 0, 1, 0, 9, 0, 0 },
		  SWEEP_ABSENT },
		{ "again, TRUE",
		  { SLAPD, 0, 0, 1, 1, 9, 0, 90 },
		  SWEEP_ABSENT },
		{ "no cookie came",
		  { SLAPD, 0, 0, 0, 1, 9, 0, 9 },
		  SWEEP_ABSENT },
		{ "389-DS", { DS, 0, 0, 1, 0, 9, 0, 90 }, SWEEP_ABSENT },
		{ "nothing at all",
		  { SLAPD, 0, 0, 0, 0, 0, 0, 90 },
		  SWEEP_ABSENT },
	};

	(void)state;
	holds(rows, LENGTH(rows));
}

static void a_present_phase_names_what_stays(void **state)
{
	static const struct row rows[] = {
		{ "all named", { SLAPD, 0, 1, 1, 0, 2, 88, 90 }, SWEEP_ABSENT },
		{ "some left", { SLAPD, 0, 1, 1, 0, 0, 82, 90 }, SWEEP_ABSENT },
		{ "stripped", { SLAPD, 0, 1, 1, 0, 0, 40, 90 }, SWEEP_AFRESH },
		{ "stripped to one",
		  { SLAPD, 0, 1, 1, 0, 0, 1, 90 },
		  SWEEP_AFRESH },
	};

	(void)state;
	holds(rows, LENGTH(rows));
}

static void changes_alone_are_the_whole_only_when_they_are_nearly_all(
    void **state)
{
	static const struct row rows[] = {
		{ "all", { SLAPD, 0, 1, 1, 0, 90, 0, 90 }, SWEEP_ABSENT },
		{ "nine tenths",
		  { SLAPD, 0, 1, 1, 0, 81, 0, 90 },
		  SWEEP_ABSENT },
		{ "fewer", { SLAPD, 0, 1, 1, 0, 80, 0, 90 }, SWEEP_AFRESH },
		{ "389-DS: a delta",
		  { DS, 0, 1, 1, 0, 3, 0, 90 },
		  SWEEP_NAMED },
		{ "389-DS: many", { DS, 0, 1, 1, 0, 90, 0, 90 }, SWEEP_NAMED },
	};

	(void)state;
	holds(rows, LENGTH(rows));
}

static void nothing_is_no_deletion_of_everything(void **state)
{
	static const struct row rows[] = {
		{ "389-DS, idle", { DS, 0, 1, 1, 0, 0, 0, 90 }, SWEEP_NAMED },
		{ "389-DS, no cookie",
		  { DS, 0, 1, 0, 0, 0, 0, 90 },
		  SWEEP_NAMED },
		{ "slapd", { SLAPD, 0, 1, 1, 0, 0, 0, 90 }, SWEEP_AFRESH },
		{ "slapd, no cookie",
		  { SLAPD, 0, 1, 0, 0, 0, 0, 90 },
		  SWEEP_AFRESH },
	};

	(void)state;
	holds(rows, LENGTH(rows));
}

static void a_delete_phase_names_what_goes(void **state)
{
	static const struct row rows[] = {
		{ "none changed",
		  { SLAPD, 0, 1, 1, 1, 0, 0, 90 },
		  SWEEP_NAMED },
		{ "some changed",
		  { SLAPD, 0, 1, 1, 1, 5, 0, 90 },
		  SWEEP_NAMED },
		{ "389-DS", { DS, 0, 1, 1, 1, 5, 0, 90 }, SWEEP_NAMED },
	};

	(void)state;
	holds(rows, LENGTH(rows));
}

static void a_cookie_that_was_not_understood_is_noticed(void **state)
{
	static const struct row rows[] = {
		{ "all of it", { SLAPD, 0, 1, 0, 1, 90, 0, 90 }, SWEEP_ABSENT },
		{ "a part of it",
		  { SLAPD, 0, 1, 0, 1, 30, 0, 90 },
		  SWEEP_AFRESH },
		{ "nothing", { SLAPD, 0, 1, 0, 1, 0, 0, 90 }, SWEEP_AFRESH },
		{ "nothing known",
		  { SLAPD, 0, 1, 0, 1, 0, 0, 0 },
		  SWEEP_AFRESH },
	};

	(void)state;
	holds(rows, LENGTH(rows));
}

/* Whatever had come by then. */
static void what_was_cut_off_has_not_been(void **state)
{
	static const int codes[] = { 4,  3,  11, 1,  32, 50, 51, 52, 80,
		                     -1, 10, 12, 82, -4, -5, 2,  8 };

	(void)state;
	for (size_t i = 0; i < LENGTH(codes); i++)
		for (int sent = 0; sent < 2; sent++) {
			struct sweep_facts f = { SLAPD, codes[i], sent, 1,
				                 sent,  90,       90,   90 };

			if (sweep_decide(&f) != SWEEP_DISCARD)
				fail_msg("%d", codes[i]);
		}
}

static void a_history_that_is_gone_is_begun_afresh(void **state)
{
	static const struct row rows[] = {
		{ "slapd", { SLAPD, 4096, 1, 0, 0, 0, 0, 90 }, SWEEP_AFRESH },
		{ "389-DS", { DS, 4096, 1, 0, 0, 0, 0, 90 }, SWEEP_AFRESH },
		{ "no cookie",
		  { SLAPD, 4096, 0, 0, 0, 0, 0, 90 },
		  SWEEP_DISCARD },
		{ "behind us", { SLAPD, 53, 1, 0, 0, 0, 0, 90 }, SWEEP_BEHIND },
		{ "unwilling",
		  { SLAPD, 53, 0, 0, 0, 0, 0, 90 },
		  SWEEP_DISCARD },
	};

	(void)state;
	holds(rows, LENGTH(rows));
}

TESTS(without_a_cookie_what_did_not_come_is_absent,
      a_present_phase_names_what_stays,
      changes_alone_are_the_whole_only_when_they_are_nearly_all,
      nothing_is_no_deletion_of_everything, a_delete_phase_names_what_goes,
      a_cookie_that_was_not_understood_is_noticed,
      what_was_cut_off_has_not_been, a_history_that_is_gone_is_begun_afresh)
