/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <sqlite3.h>
#include <unistd.h>

#include "lib/strbuf.h"
#include "sync/engine/state/state.h"

static void open_cache(const char *path)
{
	struct error err = { 0 };

	if (!state_open(path, &err))
		fail_msg("%s", err.text);
}

static int64_t remembered(void)
{
	return state_number("SELECT count(*) FROM meta WHERE name = 'noted'",
	                    "");
}

static void write_version(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void only_a_cache_of_this_version_is_kept(void **state)
{
	char folder[] = "/tmp/pv-state-XXXXXX";
	struct arena *a = arena_open();

	(void)state;
	assert_non_null(mkdtemp(folder));
	const char *path = arena_printf(a, "%s/cache.sqlite", folder);
	open_cache(path);
	state_exec("INSERT INTO meta VALUES('noted', '1')", "");
	state_close();
	open_cache(path);
	assert_int_equal(remembered(), 1);
	state_close();
	write_version(path, "PRAGMA user_version = 1");
	open_cache(path);
	assert_int_equal(remembered(), 0);
	state_close();
	(void)unlink(path);
	(void)rmdir(folder);
	arena_close(a);
}

TESTS(only_a_cache_of_this_version_is_kept)
