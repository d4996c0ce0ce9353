/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "sync/connector/refresh_delete_policy.h"

#define SLAPD DIRECTORY_OPENLDAP
#define DS    DIRECTORY_389DS

struct row {
	const char *what;
	struct refresh_outcome facts;
	enum refresh_delete_policy policy;
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (refresh_delete_policy_of(&rows[i].facts) != rows[i].policy)
			fail_msg("%s: %d", rows[i].what,
			         (int)refresh_delete_policy_of(&rows[i].facts));
}

/* kind, code, cookie sent, cookie came, deletes, received, presents, known */
static void without_a_cookie_missing_entries_may_be_deleted(void **state)
{
	static const struct row rows[] = {
		{ "first, FALSE",
		  { SLAPD, 0, 0, 1, 0, 9, 0, 0 },
		  REFRESH_IMPLICIT_DELETES },
		{ "again, TRUE",
		  { SLAPD, 0, 0, 1, 1, 9, 0, 90 },
		  REFRESH_IMPLICIT_DELETES },
		{ "no cookie came",
		  { SLAPD, 0, 0, 0, 1, 9, 0, 9 },
		  REFRESH_IMPLICIT_DELETES },
		{ "389-DS",
		  { DS, 0, 0, 1, 0, 9, 0, 90 },
		  REFRESH_IMPLICIT_DELETES },
		{ "nothing at all",
		  { SLAPD, 0, 0, 0, 0, 0, 0, 90 },
		  REFRESH_IMPLICIT_DELETES },
	};

	(void)state;
	check_rows(rows, LENGTH(rows));
}

static void a_present_phase_deletes_the_rest(void **state)
{
	static const struct row rows[] = {
		{ "all named",
		  { SLAPD, 0, 1, 1, 0, 2, 88, 90 },
		  REFRESH_IMPLICIT_DELETES },
		{ "some left",
		  { SLAPD, 0, 1, 1, 0, 0, 82, 90 },
		  REFRESH_IMPLICIT_DELETES },
		{ "stripped",
		  { SLAPD, 0, 1, 1, 0, 0, 40, 90 },
		  REFRESH_RESTART },
		{ "stripped to one",
		  { SLAPD, 0, 1, 1, 0, 0, 1, 90 },
		  REFRESH_RESTART },
	};

	(void)state;
	check_rows(rows, LENGTH(rows));
}

static void changes_alone_count_as_full_when_nearly_all(void **state)
{
	static const struct row rows[] = {
		{ "all",
		  { SLAPD, 0, 1, 1, 0, 90, 0, 90 },
		  REFRESH_IMPLICIT_DELETES },
		{ "nine tenths",
		  { SLAPD, 0, 1, 1, 0, 81, 0, 90 },
		  REFRESH_IMPLICIT_DELETES },
		{ "fewer", { SLAPD, 0, 1, 1, 0, 80, 0, 90 }, REFRESH_RESTART },
		{ "389-DS: a delta",
		  { DS, 0, 1, 1, 0, 3, 0, 90 },
		  REFRESH_EXPLICIT_DELETES },
		{ "389-DS: many",
		  { DS, 0, 1, 1, 0, 90, 0, 90 },
		  REFRESH_EXPLICIT_DELETES },
	};

	(void)state;
	check_rows(rows, LENGTH(rows));
}

static void an_empty_refresh_deletes_no_entries(void **state)
{
	static const struct row rows[] = {
		{ "389-DS, idle",
		  { DS, 0, 1, 1, 0, 0, 0, 90 },
		  REFRESH_EXPLICIT_DELETES },
		{ "389-DS, no cookie",
		  { DS, 0, 1, 0, 0, 0, 0, 90 },
		  REFRESH_EXPLICIT_DELETES },
		{ "slapd", { SLAPD, 0, 1, 1, 0, 0, 0, 90 }, REFRESH_RESTART },
		{ "slapd, no cookie",
		  { SLAPD, 0, 1, 0, 0, 0, 0, 90 },
		  REFRESH_RESTART },
	};

	(void)state;
	check_rows(rows, LENGTH(rows));
}

static void a_delete_phase_deletes_only_named_entries(void **state)
{
	static const struct row rows[] = {
		{ "none changed",
		  { SLAPD, 0, 1, 1, 1, 0, 0, 90 },
		  REFRESH_EXPLICIT_DELETES },
		{ "some changed",
		  { SLAPD, 0, 1, 1, 1, 5, 0, 90 },
		  REFRESH_EXPLICIT_DELETES },
		{ "389-DS",
		  { DS, 0, 1, 1, 1, 5, 0, 90 },
		  REFRESH_EXPLICIT_DELETES },
	};

	(void)state;
	check_rows(rows, LENGTH(rows));
}

static void an_ignored_cookie_is_detected(void **state)
{
	static const struct row rows[] = {
		{ "all of it",
		  { SLAPD, 0, 1, 0, 1, 90, 0, 90 },
		  REFRESH_IMPLICIT_DELETES },
		{ "a part of it",
		  { SLAPD, 0, 1, 0, 1, 30, 0, 90 },
		  REFRESH_RESTART },
		{ "nothing", { SLAPD, 0, 1, 0, 1, 0, 0, 90 }, REFRESH_RESTART },
		{ "nothing known",
		  { SLAPD, 0, 1, 0, 1, 0, 0, 0 },
		  REFRESH_RESTART },
	};

	(void)state;
	check_rows(rows, LENGTH(rows));
}

/* Whatever was received before. */
static void an_interrupted_refresh_is_discarded(void **state)
{
	static const int codes[] = { 4,  3,  11, 1,  32, 50, 51, 52, 80,
		                     -1, 10, 12, 82, -4, -5, 2,  8 };

	(void)state;
	for (size_t i = 0; i < LENGTH(codes); i++)
		for (int sent = 0; sent < 2; sent++) {
			struct refresh_outcome f = {
				SLAPD, codes[i], sent, 1, sent, 90, 90, 90
			};

			if (refresh_delete_policy_of(&f) != REFRESH_DISCARD)
				fail_msg("%d", codes[i]);
		}
}

static void a_lost_history_restarts_without_cookie(void **state)
{
	static const struct row rows[] = {
		{ "slapd",
		  { SLAPD, 4096, 1, 0, 0, 0, 0, 90 },
		  REFRESH_RESTART },
		{ "389-DS", { DS, 4096, 1, 0, 0, 0, 0, 90 }, REFRESH_RESTART },
		{ "no cookie",
		  { SLAPD, 4096, 0, 0, 0, 0, 0, 90 },
		  REFRESH_DISCARD },
		{ "behind us",
		  { SLAPD, 53, 1, 0, 0, 0, 0, 90 },
		  REFRESH_STALE_PROVIDER },
		{ "unwilling",
		  { SLAPD, 53, 0, 0, 0, 0, 0, 90 },
		  REFRESH_DISCARD },
	};

	(void)state;
	check_rows(rows, LENGTH(rows));
}

TESTS(without_a_cookie_missing_entries_may_be_deleted,
      a_present_phase_deletes_the_rest,
      changes_alone_count_as_full_when_nearly_all,
      an_empty_refresh_deletes_no_entries,
      a_delete_phase_deletes_only_named_entries, an_ignored_cookie_is_detected,
      an_interrupted_refresh_is_discarded,
      a_lost_history_restarts_without_cookie)
