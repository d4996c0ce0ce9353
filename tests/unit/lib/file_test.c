/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/file.h"
#include "lib/secret.h"
#include "lib/text.h"

static struct arena *a;
static char folder[64];

static int begin(void **state)
{
	(void)state;
	a = arena_open();
	strcpy(folder, "/tmp/file_test.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static char *in_folder(const char *name)
{
	return arena_print(a, "%s/%s", folder, name);
}

static int end(void **state)
{
	char **names;
	size_t count;

	(void)state;
	assert_true(file_list(a, folder, "", &names, &count, NULL));
	for (size_t i = 0; i < count; i++)
		(void)remove(in_folder(names[i]));
	assert_int_equal(rmdir(folder), 0);
	arena_close(a);
	return 0;
}

static void put(const char *name, const void *bytes, size_t length,
                unsigned mode)
{
	struct fault why = { 0 };

	if (!file_write(in_folder(name), bytes, length, mode, &why))
		fail_msg("%s", why.text);
}

static void what_was_written_is_read(void **state)
{
	struct stat st;
	size_t length;
	char *bytes;

	begin(state);
	put("x", "a\0b", 3, 0640);
	assert_true(file_read(a, in_folder("x"), 3, &bytes, &length, NULL));
	assert_int_equal(length, 3);
	assert_memory_equal(bytes, "a\0b\0", 4);
	assert_int_equal(stat(in_folder("x"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	put("x", "new", 3, 0600);
	assert_true(file_read(a, in_folder("x"), 9, &bytes, &length, NULL));
	assert_string_equal(bytes, "new");
	end(state);
}

static void writing_leaves_nothing_beside(void **state)
{
	size_t count;
	char **names;

	begin(state);
	put("x", "1", 1, 0600);
	assert_false(file_write(in_folder("no/x"), "1", 1, 0600, NULL));
	assert_false(file_write(folder, "1", 1, 0600, NULL));
	assert_true(file_list(a, folder, "", &names, &count, NULL));
	assert_int_equal(count, 1);
	end(state);
}

static void what_is_no_file_or_too_large_is_refused(void **state)
{
	struct fault why = { 0 };
	size_t length;
	char *bytes;

	begin(state);
	put("x", "1234", 4, 0600);
	assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
	assert_false(file_read(a, in_folder("x"), 3, &bytes, &length, &why));
	assert_int_equal(why.kind, FAULT_INVALID);
	assert_false(file_read(a, folder, 9, &bytes, &length, &why));
	assert_false(file_read(a, in_folder("pipe"), 9, &bytes, &length, &why));
	assert_false(file_read(a, in_folder("none"), 9, &bytes, &length, &why));
	assert_int_equal(why.kind, FAULT_INVALID);
	end(state);
}

static void a_file_of_the_kernel_is_read_too(void **state)
{
	size_t length;
	char *bytes;

	begin(state);
	assert_true(
	    file_read(a, "/proc/self/comm", 100, &bytes, &length, NULL));
	assert_true(length > 0);
	end(state);
}

static const struct {
	const char *bytes;
	size_t length;
	unsigned mode;
	bool good;
} secrets[] = {
	{ "hunter2\n", 8, 0600, true },  { "hunter2", 7, 0400, true },
	{ "hunter2\n", 8, 0640, false }, { "hunter2\n", 8, 0604, false },
	{ "\n", 1, 0600, false },        { "", 0, 0600, false },
	{ "hun\0ter2", 8, 0600, false },
};

static void a_secret_that_others_may_read_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(secrets); i++) {
		struct fault why = { 0 };
		char *secret = NULL;

		begin(state);
		put("s", secrets[i].bytes, secrets[i].length, secrets[i].mode);
		assert_int_equal(
		    file_read_secret(a, in_folder("s"), &secret, &why),
		    secrets[i].good);
		if (secrets[i].good)
			assert_string_equal(secret, "hunter2");
		assert_null(strstr(why.text, "hunter2"));
		end(state);
	}
}

static void credentials_are_found_by_name_and_never_outside(void **state)
{
	static const char *const bad[] = { "../s", "", ".s", "a/b", "/etc/s" };
	char *secret;

	begin(state);
	put("s", "hunter2\n", 8, 0600);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_true(secret_read(a, folder, "s", &secret, NULL));
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(secret_read(a, folder, bad[i], &secret, NULL));
	assert_false(secret_read(a, NULL, "s", &secret, NULL));
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	assert_true(secret_read(a, "/nowhere", "s", &secret, NULL));
	unsetenv("CREDENTIALS_DIRECTORY");
	end(state);
}

static void a_role_reads_its_own_credentials_before_everybodys(void **state)
{
	char *secret;

	begin(state);
	daemon_begin("portvakt-web");
	/* So that the sanitizer may look for leaks. */
	(void)prctl(PR_SET_DUMPABLE, 1);
	assert_int_equal(mkdir(in_folder("web"), 0700), 0);
	assert_int_equal(mkdir(in_folder("keeper"), 0700), 0);
	put("s", "everybody's", 11, 0600);
	put("keeper/s", "the keeper's", 12, 0600);
	assert_true(secret_read(a, folder, "s", &secret, NULL));
	assert_string_equal(secret, "everybody's");
	put("web/s", "web's", 5, 0600);
	assert_true(secret_read(a, folder, "s", &secret, NULL));
	assert_string_equal(secret, "web's");
	/* One that others may read is a mistake, and not passed over. */
	put("web/s", "web's", 5, 0644);
	assert_false(secret_read(a, folder, "s", &secret, NULL));
	setenv("CREDENTIALS_DIRECTORY", in_folder("keeper"), 1);
	assert_true(secret_read(a, folder, "s", &secret, NULL));
	assert_string_equal(secret, "the keeper's");
	unsetenv("CREDENTIALS_DIRECTORY");
	(void)remove(in_folder("web/s"));
	(void)remove(in_folder("keeper/s"));
	end(state);
}

static void a_credential_is_found_at_whichever_role_has_it(void **state)
{
	const char *path;

	begin(state);
	assert_int_equal(mkdir(in_folder("door"), 0700), 0);
	assert_false(secret_find(a, folder, "s", &path));
	put("door/s", "x", 1, 0600);
	assert_true(secret_find(a, folder, "s", &path));
	assert_string_equal(path, in_folder("door/s"));
	put("s", "x", 1, 0600);
	assert_true(secret_find(a, folder, "s", &path));
	assert_string_equal(path, in_folder("s"));
	assert_false(secret_find(a, in_folder("none"), "s", &path));
	(void)remove(in_folder("door/s"));
	end(state);
}

static void a_folder_is_listed_sorted(void **state)
{
	size_t count;
	char **names;

	begin(state);
	put("b.conf", "", 0, 0600);
	put("a.conf", "", 0, 0600);
	put("c.txt", "", 0, 0600);
	assert_true(file_list(a, folder, ".conf", &names, &count, NULL));
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "a.conf");
	assert_string_equal(names[1], "b.conf");
	assert_null(names[2]);
	assert_false(file_list(a, in_folder("none"), "", &names, &count, NULL));
	end(state);
}

static void beside_is_the_same_folder(void **state)
{
	begin(state);
	assert_string_equal(file_beside(a, "/etc/p/r.conf", "x/y"),
	                    "/etc/p/x/y");
	assert_string_equal(file_beside(a, "/etc/p/r.conf", "/x"), "/x");
	assert_string_equal(file_beside(a, "r.conf", "x"), "x");
	end(state);
}

TESTS(what_was_written_is_read, writing_leaves_nothing_beside,
      what_is_no_file_or_too_large_is_refused, a_file_of_the_kernel_is_read_too,
      a_secret_that_others_may_read_is_none,
      credentials_are_found_by_name_and_never_outside,
      a_role_reads_its_own_credentials_before_everybodys,
      a_credential_is_found_at_whichever_role_has_it, a_folder_is_listed_sorted,
      beside_is_the_same_folder)
