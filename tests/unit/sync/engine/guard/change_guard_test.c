/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
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

static void shares_of_kinds_and_units_are_limited(void **state)
{
	(void)state;
	/* Two, and a third of the kind. */
	assert_false(effect_exceeds_kind(1, 2, 33));
	assert_true(effect_exceeds_kind(2, 6, 33));
	assert_false(effect_exceeds_kind(2, 7, 33));
	assert_true(effect_exceeds_kind(4, 12, 33));
	assert_false(effect_exceeds_kind(4, 13, 33));
	/* Three, and more than half of the unit. */
	assert_false(effect_exceeds_unit(2, 2, 50));
	assert_true(effect_exceeds_unit(3, 5, 50));
	assert_false(effect_exceeds_unit(3, 6, 50));
	assert_true(effect_exceeds_unit(4, 7, 50));
}

static void every_effect_has_an_upper_bound_in_the_source(void **state)
{
	static const struct {
		enum hold_mask what;
		size_t allowed, total, held;
	} rows[] = {
		{ HOLD_RETURN, 10, 100, 11 },
		{ HOLD_KIND, 50, 1000, 51 },
		{ HOLD_KIND_UP, 10, 100, 11 },
		{ HOLD_ROLE_LOSS, 10, 100, 11 },
		{ HOLD_END_DATE, 20, 100, 21 },
		{ HOLD_END_DATE, 100, 1000, 101 },
		{ HOLD_NAME_CHANGE, 10, 100, 11 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (effect_exceeds_source(rows[i].what, rows[i].allowed,
		                          rows[i].total, -1) ||
		    !effect_exceeds_source(rows[i].what, rows[i].held,
		                           rows[i].total, -1))
			fail_msg("row %zu", i);
}

TESTS(shares_of_kinds_and_units_are_limited,
      every_effect_has_an_upper_bound_in_the_source,
      value_losses_up_to_ten_or_5_percent_are_allowed,
      role_grants_up_to_three_or_5_percent_are_allowed,
      creations_up_to_fifty_or_the_configured_percentage_are_allowed,
      configuration_changes_up_to_ten_or_2_percent_are_allowed)
