/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "sync/writer/guard.h"

static void five_in_a_hundred_may_lose_a_value_and_ten_always(void **state)
{
	(void)state;
	assert_false(guard_too_many_values(10, 100));
	assert_true(guard_too_many_values(11, 100));
	assert_false(guard_too_many_values(50, 1000));
	assert_true(guard_too_many_values(51, 1000));
	/* Half of a small one, but not two of three. */
	assert_true(guard_too_many_values(4, 6));
	assert_false(guard_too_many_values(3, 6));
	assert_false(guard_too_many_values(2, 3));
	assert_false(guard_too_many_values(0, 0));
}

static void three_may_be_given_a_role_or_five_in_a_hundred(void **state)
{
	(void)state;
	assert_false(guard_too_many_roles(3, 20));
	assert_true(guard_too_many_roles(4, 20));
	assert_false(guard_too_many_roles(50, 1000));
	assert_true(guard_too_many_roles(51, 1000));
}

static void fifty_may_come_or_what_the_directory_says(void **state)
{
	(void)state;
	assert_false(guard_too_many_new(50, 0, 20));
	assert_true(guard_too_many_new(51, 100, 20));
	assert_false(guard_too_many_new(200, 1000, 20));
	assert_true(guard_too_many_new(201, 1000, 20));
	assert_true(guard_too_many_new(8000, 20000, 20));
	assert_false(guard_too_many_new(8000, 20000, 100));
}

static void two_in_a_hundred_may_be_changed_by_a_configuration(void **state)
{
	(void)state;
	assert_false(guard_too_many_configured(10, 100));
	assert_true(guard_too_many_configured(11, 100));
	assert_false(guard_too_many_configured(20, 1000));
	assert_true(guard_too_many_configured(21, 1000));
	assert_false(guard_too_many_configured(0, 0));
}

TESTS(five_in_a_hundred_may_lose_a_value_and_ten_always,
      three_may_be_given_a_role_or_five_in_a_hundred,
      fifty_may_come_or_what_the_directory_says,
      two_in_a_hundred_may_be_changed_by_a_configuration)
