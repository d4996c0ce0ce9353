/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <string.h>

#include "lib/compiler.h"
#include "sync/connector/changelog.h"

/* NULL: 389-DS has no such value in its root DSE. */
static bool covers(const char *cookie, const char *first, const char *last)
{
	struct directory_value values[] = {
		{ (char *)first, first ? strlen(first) : 0 },
		{ (char *)last, last ? strlen(last) : 0 },
	};
	struct directory_attribute attributes[] = {
		{ "firstchangenumber", &values[0], first ? 1 : 0 },
		{ "lastchangenumber", &values[1], last ? 1 : 0 },
	};
	const struct directory_entry root = { "", attributes, 2 };

	return changelog_covers(cookie, strlen(cookie), &root);
}

#define SESSION "tinn:389#cn=portvakt:dc=tinn:(objectClass=*)#"

static void a_cookie_is_valid_while_the_changelog_covers_it(void **state)
{
	(void)state;
	assert_true(covers(SESSION "37", "1", "40"));
	assert_true(covers(SESSION "37", "37", "37"));
	/* The next change is its first. */
	assert_true(covers(SESSION "36", "37", "40"));
	assert_true(covers(SESSION "0", "1", "4"));
}

static void a_gap_is_detected(void **state)
{
	(void)state;
	assert_false(covers(SESSION "35", "37", "40"));
	assert_false(covers(SESSION "0", "2", "4"));
}

static void another_changelog_is_detected(void **state)
{
	(void)state;
	assert_false(covers(SESSION "41", "37", "40"));
}

static void missing_or_invalid_numbers_do_not_cover(void **state)
{
	(void)state;
	assert_false(covers(SESSION "37", NULL, NULL));
	assert_false(covers(SESSION "37", "1", NULL));
	assert_false(covers(SESSION "37", "1", "many"));
	assert_false(covers(SESSION, "1", "40"));
	assert_false(covers(SESSION "x", "1", "40"));
	assert_false(covers("37", "1", "40"));
	assert_false(covers("", "1", "40"));
	assert_false(covers(SESSION "99999999999999999999", "1", "40"));
}

TESTS(a_cookie_is_valid_while_the_changelog_covers_it, a_gap_is_detected,
      another_changelog_is_detected, missing_or_invalid_numbers_do_not_cover)
