/* SPDX-License-Identifier: AGPL-3.0-or-later
 * What a purge of the change log removes, and what it keeps. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/file.h"
#include "sync/engine/catalogue/change_log.h"

static void note(const char *affiliation, const char *person)
{
	const struct logged_change added = { .affiliation = affiliation,
		                             .person = person,
		                             .directory = "notodden",
		                             .anchor = affiliation };

	change_log_append(&added, "cn");
}

static void a_purge_removes_earlier_affiliations_too(void **state)
{
	struct arena *a = arena_open();
	char folder[] = "/tmp/portvakt-journal-XXXXXX";
	json_t *whom =
	    js_own(a, json_pack("{s:b, s:b}", "going", 1, "going-now", 1));
	size_t length;
	char *text;

	(void)state;
	assert_non_null(mkdtemp(folder));
	const char *path = arena_printf(a, "%s/changes.jsonl", folder);

	assert_true(change_log_open(path, NULL));
	note("going-once", "going");
	note("going-now", "going");
	note("staying-1", "staying");
	assert_true(change_log_purge(whom, NULL));
	note("staying-2", "staying");
	assert_true(file_read(a, path, 1 << 16, &text, &length, NULL));
	assert_null(strstr(text, "going"));
	assert_non_null(strstr(text, "staying-1"));
	assert_non_null(strstr(text, "staying-2"));
	(void)unlink(path);
	(void)rmdir(folder);
	arena_close(a);
}

TESTS(a_purge_removes_earlier_affiliations_too)
