/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/clock.h"
#include "lib/compiler.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/guard/change_effects.h"

enum { DAY = 24 * 60 * 60 };

/* An affiliation as "NAME=VALUE;NAME=VALUE"; a name may be repeated. */
static json_t *affiliation(struct arena *a, const char *text)
{
	json_t *attrs = js_own(a, json_object());
	size_t count = 0;

	for (char **part = text_split(a, text, ";", &count); *part; part++) {
		size_t pair_count = 0;
		char **pair = text_split(a, *part, "=", &pair_count);
		json_t *list = js_array(attrs, pair[0]);

		if (list)
			(void)json_array_append_new(list, json_string(pair[1]));
		else
			(void)json_object_set_new(attrs, pair[0],
			                          json_pack("[s]", pair[1]));
	}
	return attrs;
}

#define TINN     "portvaktMunicipality=tinn;"
#define PUPIL    TINN "portvaktKind=pupil;"
#define EMPLOYEE TINN "portvaktKind=employee;"
#define TEACHER  TINN "portvaktKind=teacher;"
#define LATE     "portvaktUntil=20270731000000Z;"
#define EARLY    "portvaktUntil=20261231000000Z;"

static int mask_of(struct arena *a, const char *before, const char *after,
                   bool *ret_taken_back)
{
	size_t count = 0;
	int mask = 0;
	const struct change_effect *effects = change_effects_find(
	    a, affiliation(a, before), affiliation(a, after), &count);

	*ret_taken_back = count > 0;
	for (size_t i = 0; i < count; i++) {
		mask |= (int)effects[i].what;
		*ret_taken_back &= effects[i].undoes != NULL;
	}
	return mask;
}

static void each_change_has_its_effects(void **state)
{
	static const struct {
		const char *before, *after;
		int mask;
	} rows[] = {
		{ EMPLOYEE, EMPLOYEE, 0 },
		{ EMPLOYEE "title=A", EMPLOYEE "title=B", 0 },
		{ PUPIL, EMPLOYEE, HOLD_KIND_UP },
		{ EMPLOYEE, TEACHER, HOLD_KIND_UP },
		{ TEACHER, EMPLOYEE, HOLD_KIND },
		{ EMPLOYEE, PUPIL, HOLD_KIND },
		{ EMPLOYEE, TINN "portvaktKind=politician", HOLD_KIND },
		{ TINN "portvaktKind=guest", PUPIL, HOLD_KIND },
		{ EMPLOYEE,
		  "portvaktMunicipality=notodden;portvaktKind=employee",
		  HOLD_KIND },
		{ EMPLOYEE, EMPLOYEE "portvaktRole=health", HOLD_ROLE_GRANT },
		{ EMPLOYEE "portvaktRole=health", EMPLOYEE, HOLD_ROLE_LOSS },
		{ EMPLOYEE "portvaktRole=health",
		  EMPLOYEE "portvaktRole=economy",
		  HOLD_ROLE_GRANT | HOLD_ROLE_LOSS },
		/* The kind takes its roles with it. */
		{ EMPLOYEE "portvaktRole=health", PUPIL, HOLD_KIND },
		{ EMPLOYEE, EMPLOYEE LATE, HOLD_END_DATE },
		{ EMPLOYEE LATE, EMPLOYEE EARLY, HOLD_END_DATE },
		{ EMPLOYEE EARLY, EMPLOYEE LATE, HOLD_NOTHING },
		{ EMPLOYEE LATE, EMPLOYEE, HOLD_VALUE_LOSS },
		{ EMPLOYEE, EMPLOYEE "portvaktExpires=20261231000000Z",
		  HOLD_END_DATE },
		{ EMPLOYEE "portvaktLogin=a", EMPLOYEE "portvaktLogin=b",
		  HOLD_NAME_CHANGE },
		{ EMPLOYEE "mail=a@b.example", EMPLOYEE, HOLD_VALUE_LOSS },
		{ EMPLOYEE, EMPLOYEE "mail=a@b.example", 0 },
	};
	struct arena *a = arena_open();
	bool taken_back;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (mask_of(a, rows[i].before, rows[i].after, &taken_back) !=
		    rows[i].mask)
			fail_msg("%s -> %s", rows[i].before, rows[i].after);
	arena_close(a);
}

static char *recent(struct arena *a, int64_t age, const char *record)
{
	return arena_printf(a, "portvaktRecentChange=%s %s;",
	                    clock_format_generalized_time(a, clock_now() - age),
	                    record);
}

static void what_goes_back_is_taken_back(void **state)
{
	static const struct {
		const char *record, *before, *after;
		int64_t age;
		bool taken_back;
	} rows[] = {
		{ "kind tinn pupil", EMPLOYEE, PUPIL, DAY, true },
		{ "kind tinn employee", TINN "portvaktKind=guest", EMPLOYEE,
		  DAY, true },
		/* Not higher than it was. */
		{ "kind tinn teacher", TINN "portvaktKind=guest", EMPLOYEE, DAY,
		  true },
		{ "kind tinn employee", TINN "portvaktKind=guest", TEACHER, DAY,
		  false },
		{ "kind notodden employee", PUPIL, EMPLOYEE, DAY, false },
		{ "kind tinn employee", PUPIL, EMPLOYEE, 31 * DAY, false },
		{ "role- health", EMPLOYEE, EMPLOYEE "portvaktRole=health", DAY,
		  true },
		{ "role- economy", EMPLOYEE, EMPLOYEE "portvaktRole=health",
		  DAY, false },
		{ "role+ health", EMPLOYEE "portvaktRole=health", EMPLOYEE, DAY,
		  true },
		{ "portvaktLogin a", EMPLOYEE "portvaktLogin=b",
		  EMPLOYEE "portvaktLogin=a", DAY, true },
		{ "portvaktLogin a", EMPLOYEE "portvaktLogin=b",
		  EMPLOYEE "portvaktLogin=c", DAY, false },
		{ "portvaktUntil -", EMPLOYEE LATE, EMPLOYEE, DAY, true },
		{ "portvaktUntil 20261231000000Z", EMPLOYEE, EMPLOYEE EARLY,
		  DAY, true },
		/* A day moved later is taken back within a week. */
		{ "later portvaktUntil 20261231000000Z", EMPLOYEE LATE,
		  EMPLOYEE EARLY, DAY, true },
		{ "later portvaktUntil 20261231000000Z", EMPLOYEE LATE,
		  EMPLOYEE EARLY, 8 * DAY, false },
		/* One that was moved earlier before that, neither. */
		{ "portvaktUntil 20261231000000Z", EMPLOYEE LATE,
		  EMPLOYEE EARLY, DAY, false },
	};
	struct arena *a = arena_open();
	bool taken_back;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *memory = recent(a, rows[i].age, rows[i].record);

		(void)mask_of(a,
		              arena_printf(a, "%s%s", memory, rows[i].before),
		              arena_printf(a, "%s%s", memory, rows[i].after),
		              &taken_back);
		if (taken_back != rows[i].taken_back)
			fail_msg("%s: %s -> %s", rows[i].record, rows[i].before,
			         rows[i].after);
	}
	arena_close(a);
}

static void recent_changes_are_remembered_for_thirty_days(void **state)
{
	struct arena *a = arena_open();
	const struct change_effect effect = { .what = HOLD_ROLE_GRANT,
		                              .detail = "economy",
		                              .record = "role+ economy" };
	json_t *attrs =
	    affiliation(a, arena_printf(a, EMPLOYEE "%s%s",
	                                recent(a, 29 * DAY, "role+ health"),
	                                recent(a, 31 * DAY, "role+ school")));
	struct recent_change change;

	(void)state;
	recent_change_record(a, attrs, &effect);
	const json_t *list = js_array(attrs, "portvaktRecentChange");
	assert_int_equal(json_array_size(list), 2);
	assert_true(recent_change_parse(
	    a, attrs, json_string_value(json_array_get(list, 1)), &change));
	assert_int_equal(change.what, HOLD_ROLE_GRANT);
	assert_string_equal(change.detail, "economy");
	assert_string_equal(change.kind, "tinn employee");
	assert_false(recent_change_parse(a, attrs, "nonsense", &change));
	assert_false(recent_change_parse(a, attrs, "", &change));
	arena_close(a);
}

static void the_newest_twenty_changes_are_remembered(void **state)
{
	struct arena *a = arena_open();
	json_t *attrs = affiliation(a, EMPLOYEE);

	(void)state;
	for (int i = 0; i < 25; i++) {
		const struct change_effect effect = {
			.record = arena_printf(a, "mail %02d@tinn.example", i)
		};
		recent_change_record(a, attrs, &effect);
	}
	const json_t *list = js_array(attrs, "portvaktRecentChange");
	assert_int_equal(json_array_size(list), 20);
	assert_non_null(strstr(json_string_value(json_array_get(list, 0)),
	                       " mail 05@tinn.example"));
	assert_non_null(strstr(json_string_value(json_array_get(list, 19)),
	                       " mail 24@tinn.example"));
	arena_close(a);
}

/* Affiliations suspended ten days ago, on a last day that had been set before.
 */
static void a_last_day_that_came_may_be_taken_back(void **state)
{
	static const struct {
		const char *record, *after;
		int64_t age;
		bool taken_back;
	} rows[] = {
		{ "portvaktUntil -", EMPLOYEE, 12 * DAY, true },
		{ "portvaktUntil 20991231000000Z",
		  EMPLOYEE "portvaktUntil=20991231000000Z;", 12 * DAY, true },
		{ "portvaktUntil -", EMPLOYEE "portvaktUntil=20991231000000Z;",
		  12 * DAY, false },
		{ "portvaktUntil -", EMPLOYEE, 31 * DAY, false },
		{ "portvaktUntil -", TEACHER, 12 * DAY, false },
		{ "portvaktUntil -", EMPLOYEE "portvaktRole=health;", 12 * DAY,
		  false },
		{ "role- health", EMPLOYEE, 12 * DAY, false },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *came =
		    clock_format_generalized_time(a, clock_now() - 10 * DAY);
		const struct change_effect effect = change_effect_return(
		    a,
		    affiliation(
			a,
			arena_printf(a,
		                     EMPLOYEE
		                     "%sportvaktSuspended=%s;portvaktUntil=%s;",
		                     recent(a, rows[i].age, rows[i].record),
		                     came, came)),
		    affiliation(a, rows[i].after));

		if (!effect.undoes == rows[i].taken_back)
			fail_msg("%s: %s", rows[i].record, rows[i].after);
	}
	arena_close(a);
}

static void remembered_changes_count_as_what_they_were(void **state)
{
	static const struct {
		const char *record, *attrs;
		int what;
		const char *kind, *detail;
	} rows[] = {
		{ "kind tinn pupil", EMPLOYEE, HOLD_KIND_UP, "tinn pupil",
		  "tinn employee" },
		{ "kind tinn teacher", EMPLOYEE, HOLD_KIND, "tinn teacher",
		  "tinn employee" },
		{ "role- health", EMPLOYEE, HOLD_ROLE_LOSS, "tinn employee",
		  "health" },
		{ "portvaktUntil -", EMPLOYEE EARLY, HOLD_END_DATE,
		  "tinn employee", "20261231000000Z" },
		{ "portvaktUntil 20261231000000Z", EMPLOYEE, HOLD_VALUE_LOSS,
		  "tinn employee", "portvaktUntil" },
		{ "mail a@b.example", EMPLOYEE, HOLD_NAME_CHANGE,
		  "tinn employee", "mail" },
		{ "return", EMPLOYEE, HOLD_RETURN, "tinn employee", "" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		json_t *attrs = affiliation(
		    a, arena_printf(a, "%s%s", recent(a, DAY, rows[i].record),
		                    rows[i].attrs));
		struct recent_change c;

		if (!recent_change_parse(
			a, attrs,
			entry_json_value(attrs, "portvaktRecentChange"), &c) ||
		    (int)c.what != rows[i].what ||
		    !text_equal(c.kind, rows[i].kind) ||
		    !text_equal(c.detail, rows[i].detail))
			fail_msg("%s", rows[i].record);
	}
	arena_close(a);
}

TESTS(each_change_has_its_effects, what_goes_back_is_taken_back,
      recent_changes_are_remembered_for_thirty_days,
      the_newest_twenty_changes_are_remembered,
      a_last_day_that_came_may_be_taken_back,
      remembered_changes_count_as_what_they_were)
