/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "sync/connector/national_id.h"

enum { NOW = 1795305600 }; /* 2026-11-22 */

/* Published samples of Test-Norge (month raised by 80), and near misses. */
static void valid_synthetic_numbers_are_accepted(void **state)
{
	static const struct {
		const char *number;
		bool valid;
	} rows[] = {
		{ "17912099997", true },  { "29822099635", true },
		{ "05840399895", true },  { "12829499914", true },
		{ "57912075186", true }, /* a D-number */
		{ "17912099996", false }, { "17912099987", false },
		{ "1791209999", false },  { "179120999970", false },
		{ "1791209999x", false }, { "", false },
		{ "00000000000", false }, { "32922099635", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (national_id_is_valid(rows[i].number, true, NOW) !=
		    rows[i].valid)
			fail_msg("%s", rows[i].number);
}

static void numbers_of_other_kinds_are_valid_but_local(void **state)
{
	static const struct {
		const char *number;
		bool local;
	} rows[] = {
		{ "01415000053", true }, /* H: the month raised by 40 */
		{ "01415000054", false },
		{ "80000000098", true }, /* FH: 8 or 9 first */
		{ "80000000099", false },
		{ "200816832910", true }, /* DUF */
		{ "200816832911", false },
		{ "17912099997", false },
		{ "1791209999", false },
		{ "", false },
		{ "00000000000", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (national_id_is_auxiliary(rows[i].number, NOW) !=
		    rows[i].local)
			fail_msg("%s", rows[i].number);
		assert_false(national_id_is_valid(rows[i].number, false, NOW));
	}
}

static void separators_in_a_number_are_ignored(void **state)
{
	static const char *const written[] = {
		" 179120 99997",     "179120-99997",
		"17.91.20.99997",    "179120\u00a099997",
		"179120\u202f99997", "179120\u201399997",
		"179120\u221299997", "\ufeff179120\u200b99997\u200e",
		"17/91/20 99997\t",  "179120\u00ad\u201199997",
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(written); i++)
		assert_string_equal(national_id_strip_separators(a, written[i]),
		                    "17912099997");
	assert_string_equal(national_id_strip_separators(a, "1791209999x"),
	                    "1791209999x");
	assert_string_equal(national_id_strip_separators(a, "\u00e5 1"),
	                    "\u00e51");
	assert_null(national_id_strip_separators(a, NULL));
	arena_close(a);
}

static void synthetic_and_real_numbers_are_disjoint(void **state)
{
	(void)state;
	/* The same number in a test region and in a real one. */
	assert_true(national_id_is_valid("17912099997", true, NOW));
	assert_false(national_id_is_valid("17912099997", false, NOW));
}

static void synthetic_numbers_need_a_reserved_domain(void **state)
{
	static const struct {
		const char *host;
		bool invented;
	} rows[] = {
		{ "login.portvakt.localhost:9443", true },
		{ "innlogging.kongsbergregionen.example", true },
		{ "login.region.test", true },
		{ "innlogging.kongsbergregionen.no", false },
		{ "example.no", false },
		{ "test.kongsberg.no:8443", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct config cfg = { .login_host = rows[i].host };

		assert_int_equal(national_id_accepts_synthetic(&cfg),
		                 rows[i].invented);
	}
}

TESTS(numbers_of_other_kinds_are_valid_but_local,
      separators_in_a_number_are_ignored, valid_synthetic_numbers_are_accepted,
      synthetic_and_real_numbers_are_disjoint,
      synthetic_numbers_need_a_reserved_domain)
