/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/process/credential.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"

static struct arena *a;
static char directory[64];

static int setup(void **state)
{
	(void)state;
	a = arena_open();
	strcpy(directory, "/tmp/file_test.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static char *in_directory(const char *name)
{
	return arena_printf(a, "%s/%s", directory, name);
}

static int teardown(void **state)
{
	char **names;
	size_t count;

	(void)state;
	assert_true(file_list(a, directory, "", &names, &count, NULL));
	for (size_t i = 0; i < count; i++)
		(void)remove(in_directory(names[i]));
	assert_int_equal(rmdir(directory), 0);
	arena_close(a);
	return 0;
}

static void put_file(const char *name, const void *bytes, size_t length,
                     unsigned mode)
{
	struct error err = { 0 };

	if (!file_write(in_directory(name), bytes, length, mode, &err))
		fail_msg("%s", err.text);
}

static void a_written_file_is_read(void **state)
{
	struct stat st;
	size_t length;
	char *bytes;

	setup(state);
	put_file("x", "a\0b", 3, 0640);
	assert_true(file_read(a, in_directory("x"), 3, &bytes, &length, NULL));
	assert_int_equal(length, 3);
	assert_memory_equal(bytes, "a\0b\0", 4);
	assert_int_equal(stat(in_directory("x"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	put_file("x", "new", 3, 0600);
	assert_true(file_read(a, in_directory("x"), 9, &bytes, &length, NULL));
	assert_string_equal(bytes, "new");
	teardown(state);
}

static void writing_leaves_no_temporary_file(void **state)
{
	size_t count;
	char **names;

	setup(state);
	put_file("x", "1", 1, 0600);
	assert_false(file_write(in_directory("no/x"), "1", 1, 0600, NULL));
	assert_false(file_write(directory, "1", 1, 0600, NULL));
	assert_true(file_list(a, directory, "", &names, &count, NULL));
	assert_int_equal(count, 1);
	teardown(state);
}

static void a_nonregular_or_too_large_file_is_rejected(void **state)
{
	struct error err = { 0 };
	size_t length;
	char *bytes;

	setup(state);
	put_file("x", "1234", 4, 0600);
	assert_int_equal(mkfifo(in_directory("pipe"), 0600), 0);
	assert_false(file_read(a, in_directory("x"), 3, &bytes, &length, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_false(file_read(a, directory, 9, &bytes, &length, &err));
	assert_false(
	    file_read(a, in_directory("pipe"), 9, &bytes, &length, &err));
	assert_false(
	    file_read(a, in_directory("none"), 9, &bytes, &length, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	teardown(state);
}

static void a_proc_file_is_read(void **state)
{
	size_t length;
	char *bytes;

	setup(state);
	assert_true(
	    file_read(a, "/proc/self/comm", 100, &bytes, &length, NULL));
	assert_true(length > 0);
	teardown(state);
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

static void a_secret_readable_by_others_is_rejected(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(secrets); i++) {
		struct error err = { 0 };
		char *secret = NULL;

		setup(state);
		put_file("s", secrets[i].bytes, secrets[i].length,
		         secrets[i].mode);
		assert_int_equal(
		    file_read_secret(a, in_directory("s"), &secret, &err),
		    secrets[i].good);
		if (secrets[i].good)
			assert_string_equal(secret, "hunter2");
		assert_null(strstr(err.text, "hunter2"));
		teardown(state);
	}
}

static void credentials_are_found_in_their_directory_only(void **state)
{
	static const char *const bad[] = { "../s", "", ".s", "a/b", "/etc/s" };
	char *secret;

	setup(state);
	put_file("s", "hunter2\n", 8, 0600);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_true(credential_read(a, directory, "s", &secret, NULL));
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(
		    credential_read(a, directory, bad[i], &secret, NULL));
	assert_false(credential_read(a, NULL, "s", &secret, NULL));
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	assert_true(credential_read(a, "/nowhere", "s", &secret, NULL));
	unsetenv("CREDENTIALS_DIRECTORY");
	teardown(state);
}

static void a_process_reads_its_own_credentials_first(void **state)
{
	char *secret;

	setup(state);
	daemon_init("portvakt-web");
	/* For LeakSanitizer. */
	(void)prctl(PR_SET_DUMPABLE, 1);
	assert_int_equal(mkdir(in_directory("web"), 0700), 0);
	assert_int_equal(mkdir(in_directory("signer"), 0700), 0);
	put_file("s", "everybody's", 11, 0600);
	put_file("signer/s", "the signer's", 12, 0600);
	assert_true(credential_read(a, directory, "s", &secret, NULL));
	assert_string_equal(secret, "everybody's");
	put_file("web/s", "web's", 5, 0600);
	assert_true(credential_read(a, directory, "s", &secret, NULL));
	assert_string_equal(secret, "web's");
	/* A file that others may read is an error and not skipped. */
	put_file("web/s", "web's", 5, 0644);
	assert_false(credential_read(a, directory, "s", &secret, NULL));
	setenv("CREDENTIALS_DIRECTORY", in_directory("signer"), 1);
	assert_true(credential_read(a, directory, "s", &secret, NULL));
	assert_string_equal(secret, "the signer's");
	unsetenv("CREDENTIALS_DIRECTORY");
	(void)remove(in_directory("web/s"));
	(void)remove(in_directory("signer/s"));
	teardown(state);
}

static void a_credential_of_any_process_is_found(void **state)
{
	const char *path;

	setup(state);
	assert_int_equal(mkdir(in_directory("ldap-auth"), 0700), 0);
	assert_false(credential_find(a, directory, "s", &path));
	put_file("ldap-auth/s", "x", 1, 0600);
	assert_true(credential_find(a, directory, "s", &path));
	assert_string_equal(path, in_directory("ldap-auth/s"));
	put_file("s", "x", 1, 0600);
	assert_true(credential_find(a, directory, "s", &path));
	assert_string_equal(path, in_directory("s"));
	assert_false(credential_find(a, in_directory("none"), "s", &path));
	(void)remove(in_directory("ldap-auth/s"));
	teardown(state);
}

static void a_directory_is_listed_sorted(void **state)
{
	size_t count;
	char **names;

	setup(state);
	put_file("b.conf", "", 0, 0600);
	put_file("a.conf", "", 0, 0600);
	put_file("c.txt", "", 0, 0600);
	assert_true(file_list(a, directory, ".conf", &names, &count, NULL));
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "a.conf");
	assert_string_equal(names[1], "b.conf");
	assert_null(names[2]);
	assert_false(
	    file_list(a, in_directory("none"), "", &names, &count, NULL));
	teardown(state);
}

static void a_path_is_relative_to_the_base_file(void **state)
{
	setup(state);
	assert_string_equal(file_relative_to(a, "/etc/p/r.conf", "x/y"),
	                    "/etc/p/x/y");
	assert_string_equal(file_relative_to(a, "/etc/p/r.conf", "/x"), "/x");
	assert_string_equal(file_relative_to(a, "r.conf", "x"), "x");
	teardown(state);
}

TESTS(a_written_file_is_read, writing_leaves_no_temporary_file,
      a_nonregular_or_too_large_file_is_rejected, a_proc_file_is_read,
      a_secret_readable_by_others_is_rejected,
      credentials_are_found_in_their_directory_only,
      a_process_reads_its_own_credentials_first,
      a_credential_of_any_process_is_found, a_directory_is_listed_sorted,
      a_path_is_relative_to_the_base_file)
