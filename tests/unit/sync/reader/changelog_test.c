/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <string.h>

#include "lib/attr.h"
#include "sync/reader/reader.h"

/* What 389-DS says at its root; NULL: it does not. */
static bool reaches(const char *cookie, const char *first, const char *last)
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

	return changelog_reaches(cookie, strlen(cookie), &root);
}

#define SESSION "tinn:389#cn=portvakt:dc=tinn:(objectClass=*)#"

static void a_cookie_is_good_while_the_changelog_reaches_it(void **state)
{
	(void)state;
	assert_true(reaches(SESSION "37", "1", "40"));
	assert_true(reaches(SESSION "37", "37", "37"));
	/* The next change is the first it has. */
	assert_true(reaches(SESSION "36", "37", "40"));
	assert_true(reaches(SESSION "0", "1", "4"));
}

static void a_gap_is_noticed(void **state)
{
	(void)state;
	assert_false(reaches(SESSION "35", "37", "40"));
	assert_false(reaches(SESSION "0", "2", "4"));
}

static void another_changelog_is_noticed(void **state)
{
	(void)state;
	assert_false(reaches(SESSION "41", "37", "40"));
}

static void what_cannot_be_told_is_no_yes(void **state)
{
	(void)state;
	assert_false(reaches(SESSION "37", NULL, NULL));
	assert_false(reaches(SESSION "37", "1", NULL));
	assert_false(reaches(SESSION "37", "1", "many"));
	assert_false(reaches(SESSION, "1", "40"));
	assert_false(reaches(SESSION "x", "1", "40"));
	assert_false(reaches("37", "1", "40"));
	assert_false(reaches("", "1", "40"));
	assert_false(reaches(SESSION "99999999999999999999", "1", "40"));
}

TESTS(a_cookie_is_good_while_the_changelog_reaches_it, a_gap_is_noticed,
      another_changelog_is_noticed, what_cannot_be_told_is_no_yes)
