/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "sync/engine/guard/effect_limits.h"

static void value_losses_up_to_ten_or_5_percent_are_allowed(void **state)
{
	(void)state;
	assert_false(effect_exceeds_source(HOLD_VALUE_LOSS, 10, 100, -1));
	assert_true(effect_exceeds_source(HOLD_VALUE_LOSS, 11, 100, -1));
	assert_false(effect_exceeds_source(HOLD_VALUE_LOSS, 50, 1000, -1));
	assert_true(effect_exceeds_source(HOLD_VALUE_LOSS, 51, 1000, -1));
	/* Half of a small directory; two of three are still allowed. */
	assert_true(effect_exceeds_source(HOLD_VALUE_LOSS, 4, 6, -1));
	assert_false(effect_exceeds_source(HOLD_VALUE_LOSS, 3, 6, -1));
	assert_false(effect_exceeds_source(HOLD_VALUE_LOSS, 2, 3, -1));
	assert_false(effect_exceeds_source(HOLD_VALUE_LOSS, 0, 0, -1));
}

static void role_grants_up_to_three_or_5_percent_are_allowed(void **state)
{
	(void)state;
	assert_false(effect_exceeds_source(HOLD_ROLE_GRANT, 3, 20, -1));
	assert_true(effect_exceeds_source(HOLD_ROLE_GRANT, 4, 20, -1));
	assert_false(effect_exceeds_source(HOLD_ROLE_GRANT, 50, 1000, -1));
	assert_true(effect_exceeds_source(HOLD_ROLE_GRANT, 51, 1000, -1));
}

static void creations_up_to_fifty_or_the_configured_percentage_are_allowed(
    void **state)
{
	(void)state;
	assert_false(effect_exceeds_source(HOLD_CREATE, 50, 0, 20));
	assert_true(effect_exceeds_source(HOLD_CREATE, 51, 100, 20));
	assert_false(effect_exceeds_source(HOLD_CREATE, 200, 1000, 20));
	assert_true(effect_exceeds_source(HOLD_CREATE, 201, 1000, 20));
	assert_true(effect_exceeds_source(HOLD_CREATE, 8000, 20000, 20));
	assert_false(effect_exceeds_source(HOLD_CREATE, 8000, 20000, 100));
}

static void configuration_changes_up_to_ten_or_2_percent_are_allowed(
    void **state)
{
	(void)state;
	assert_false(effect_exceeds_source(HOLD_CONFIG_CHANGE, 10, 100, -1));
	assert_true(effect_exceeds_source(HOLD_CONFIG_CHANGE, 11, 100, -1));
	assert_false(effect_exceeds_source(HOLD_CONFIG_CHANGE, 20, 1000, -1));
	assert_true(effect_exceeds_source(HOLD_CONFIG_CHANGE, 21, 1000, -1));
	assert_false(effect_exceeds_source(HOLD_CONFIG_CHANGE, 0, 0, -1));
}

TESTS(value_losses_up_to_ten_or_5_percent_are_allowed,
      role_grants_up_to_three_or_5_percent_are_allowed,
      creations_up_to_fifty_or_the_configured_percentage_are_allowed,
      configuration_changes_up_to_ten_or_2_percent_are_allowed)
