/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "sync/engine/guard/change_guard.h"

static void value_losses_up_to_ten_or_5_percent_are_allowed(void **state)
{
	(void)state;
	assert_false(guard_too_many_value_losses(10, 100));
	assert_true(guard_too_many_value_losses(11, 100));
	assert_false(guard_too_many_value_losses(50, 1000));
	assert_true(guard_too_many_value_losses(51, 1000));
	/* Half of a small directory; two of three are still allowed. */
	assert_true(guard_too_many_value_losses(4, 6));
	assert_false(guard_too_many_value_losses(3, 6));
	assert_false(guard_too_many_value_losses(2, 3));
	assert_false(guard_too_many_value_losses(0, 0));
}

static void role_grants_up_to_three_or_5_percent_are_allowed(void **state)
{
	(void)state;
	assert_false(guard_too_many_role_grants(3, 20));
	assert_true(guard_too_many_role_grants(4, 20));
	assert_false(guard_too_many_role_grants(50, 1000));
	assert_true(guard_too_many_role_grants(51, 1000));
}

static void creations_up_to_fifty_or_the_configured_percentage_are_allowed(
    void **state)
{
	(void)state;
	assert_false(guard_too_many_creations(50, 0, 20));
	assert_true(guard_too_many_creations(51, 100, 20));
	assert_false(guard_too_many_creations(200, 1000, 20));
	assert_true(guard_too_many_creations(201, 1000, 20));
	assert_true(guard_too_many_creations(8000, 20000, 20));
	assert_false(guard_too_many_creations(8000, 20000, 100));
}

static void configuration_changes_up_to_ten_or_2_percent_are_allowed(
    void **state)
{
	(void)state;
	assert_false(guard_too_many_config_changes(10, 100));
	assert_true(guard_too_many_config_changes(11, 100));
	assert_false(guard_too_many_config_changes(20, 1000));
	assert_true(guard_too_many_config_changes(21, 1000));
	assert_false(guard_too_many_config_changes(0, 0));
}

TESTS(value_losses_up_to_ten_or_5_percent_are_allowed,
      role_grants_up_to_three_or_5_percent_are_allowed,
      creations_up_to_fifty_or_the_configured_percentage_are_allowed,
      configuration_changes_up_to_ten_or_2_percent_are_allowed)
