/* SPDX-License-Identifier: AGPL-3.0-or-later
 * test.h: common code of the unit tests.
 *
 *	TESTS(a_test, another_test)
 *
 * defines main(), which runs the tests by name. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* clang-format off */
#define TEST_ROWS_(t, ...) cmocka_unit_test(t) __VA_OPT__(, TEST_MORE_1(__VA_ARGS__))
#define TEST_AGAIN_1() TEST_ROWS_
#define TEST_MORE_1(...) TEST_DEFER(TEST_AGAIN_1)()(__VA_ARGS__)
#define TEST_EMPTY()
#define TEST_DEFER(m) m TEST_EMPTY()
#define TEST_EVAL1(...) __VA_ARGS__
#define TEST_EVAL2(...) TEST_EVAL1(TEST_EVAL1(TEST_EVAL1(__VA_ARGS__)))
#define TEST_EVAL3(...) TEST_EVAL2(TEST_EVAL2(TEST_EVAL2(__VA_ARGS__)))
#define TEST_EVAL4(...) TEST_EVAL3(TEST_EVAL3(TEST_EVAL3(__VA_ARGS__)))
#define TEST_EVAL(...)  TEST_EVAL4(TEST_EVAL4(TEST_EVAL4(__VA_ARGS__)))

#define TESTS(...)                                                             \
	int main(void)                                                         \
	{                                                                      \
		const struct CMUnitTest tests[] = { TEST_EVAL(                 \
		    TEST_ROWS_(__VA_ARGS__)) };                                \
		return cmocka_run_group_tests_name(__FILE__, tests, NULL,      \
		                                   NULL);                      \
	}

/* clang-format on */

#endif
