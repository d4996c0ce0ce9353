/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Which subjects of an override belong to a municipality that leaves a
 * directory to others. */
#include "tests/unit/test.h"

#include "idp/admin/offboard/offboarding.h"

/* Three municipalities: the first and the last read a directory named like the
 * last; only the last reads another. */
enum { FIRST, SECOND, LAST, TOWNS };

static struct directory_conf shared = { .name = "seljord" };
static struct directory_conf alone = { .name = "skule" };
static struct source_mapping of_first[] = { { .directory = &shared } };
static struct source_mapping of_last[] = { { .directory = &shared },
	                                   { .directory = &alone } };
static struct municipality towns[TOWNS];
static struct config region = { .municipalities = towns,
	                        .municipality_count = TOWNS };

static int begin(void **state)
{
	(void)state;
	towns[FIRST] = (struct municipality){ .name = "fyresdal",
		                              .source_mappings = of_first,
		                              .source_mapping_count = 1 };
	towns[SECOND] = (struct municipality){ .name = "nissedal" };
	towns[LAST] = (struct municipality){ .name = "seljord",
		                             .source_mappings = of_last,
		                             .source_mapping_count = 2 };
	return 0;
}

static bool owns(size_t town, const char *subject)
{
	struct arena *a = arena_open();
	const struct admin_command act = { .arena = a, .cfg = &region };
	const struct offboarding l = {
		.cmd = &act,
		.arena = a,
		.m = &towns[town],
		.affiliations = js_own(a, json_pack("{s:b}", "f-1", 1)),
		.anchors = js_own(a, json_pack("{s:b}", "seljord:own", 1)),
	};
	bool is = offboarding_owns_subject(&l, subject);

	arena_close(a);
	return is;
}

static void shared_directory_gives_own_entries_only(void **state)
{
	(void)state;
	for (size_t town = FIRST; town < TOWNS; town++) {
		assert_true(owns(town, "seljord:own"));
		assert_false(owns(town, "seljord:somebody-elses"));
	}
}

static void directory_name_gives_nothing_while_others_read_it(void **state)
{
	(void)state;
	towns[LAST].source_mapping_count = 0;
	assert_true(owns(LAST, "seljord:own"));
	assert_false(owns(LAST, "seljord:somebody-elses"));
	towns[FIRST].source_mapping_count = 0;
	assert_true(owns(LAST, "seljord:nobodys"));
}

static void directory_of_one_municipality_is_its_own(void **state)
{
	(void)state;
	assert_true(owns(LAST, "skule:anybody"));
	assert_false(owns(FIRST, "skule:anybody"));
	assert_true(owns(LAST, "f-1"));
	assert_false(owns(LAST, "f-2"));
}

#define EACH(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(shared_directory_gives_own_entries_only),
		EACH(directory_name_gives_nothing_while_others_read_it),
		EACH(directory_of_one_municipality_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
