/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of identity.c and capabilities.c: each case is a child process that
 * root starts, as a supervisor with users of every Debian. */
#include "tests/unit/test.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/process/confine.h"
#include "lib/process/identity.h"
#include "lib/process/listen.h"

enum { SHARED_GROUP = 60001, OTHER_GROUP = 60002, FAILED = 99 };

/* In place of the C library's: daemon and bin are in one group, mail in
 * another. */
int getgrouplist(const char *user, gid_t group, gid_t *groups, int *count)
{
	int n = 0;

	groups[n++] = group;
	if (strcmp(user, "daemon") == 0 || strcmp(user, "bin") == 0)
		groups[n++] = SHARED_GROUP;
	if (strcmp(user, "mail") == 0)
		groups[n++] = OTHER_GROUP;
	*count = n;
	return n;
}

static const char *const users[] = { "daemon", "bin", "www-data", NULL };
static const char *const groups[] = { "no-such-group", "news", NULL };
static const struct identity_names names = { "nobody", users, groups };

static uid_t uid_of(const char *user)
{
	return getpwnam(user)->pw_uid;
}

static int in_child(int (*attempt)(void))
{
	const struct rlimit no_core = { 0, 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Returns whether this process is now a confined supervisor. */
static bool supervises(void)
{
	const struct confinement c = { .needs = CONFINE_SUPERVISE };
	int landlock;

	return identity_supervise(&names, NULL) && confine(&c, &landlock, NULL);
}

static unsigned long long status_value(const char *name)
{
	char line[256];
	unsigned long long value = ~0ULL;
	FILE *file = fopen("/proc/thread-self/status", "re");

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name), NULL, 16);
	if (file)
		(void)fclose(file);
	return value;
}

static int has_all_capabilities(unsigned long long wanted)
{
	return status_value("CapPrm:") == wanted &&
	       status_value("CapEff:") == wanted &&
	       status_value("CapInh:") == 0 && status_value("CapBnd:") == 0 &&
	       status_value("CapAmb:") == 0;
}

static bool is_only(uid_t uid)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) == 0 && real == uid &&
	       effective == uid && saved == uid;
}

static int keeps_three_capabilities(void)
{
	return identity_supervise(&names, NULL) && is_only(uid_of("nobody")) &&
	       prctl(PR_GET_DUMPABLE) == 0 &&
	       has_all_capabilities(1ULL << CAP_SETUID | 1ULL << CAP_SETGID |
	                            1ULL << CAP_KILL);
}

static void a_supervisor_is_root_no_more_and_keeps_three_capabilities(
    void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(keeps_three_capabilities), 1);
}

static int setresuid_errno(uid_t uid)
{
	return syscall(SYS_setresuid, uid, uid, uid) == 0 ? 0 : errno;
}

static int setresgid_errno(gid_t gid)
{
	return syscall(SYS_setresgid, gid, gid, gid) == 0 ? 0 : errno;
}

static int cannot_become_others(void)
{
	const gid_t root_group = 0;

	if (!supervises())
		return FAILED;
	if (setresuid_errno(0) != EPERM ||
	    setresuid_errno(uid_of("games")) != EPERM ||
	    setresuid_errno(uid_of("nobody")) != EPERM)
		return 2;
	if (syscall(SYS_setresuid, -1, 0, -1) == 0 ||
	    syscall(SYS_setresuid, uid_of("bin"), uid_of("bin"), 0) == 0 ||
	    syscall(SYS_setresuid, uid_of("bin"), 0, uid_of("bin")) == 0 ||
	    syscall(SYS_setresuid, 0, uid_of("bin"), uid_of("bin")) == 0)
		return 3;
	if (setresgid_errno(0) != EPERM || setresgid_errno(12) != EPERM ||
	    syscall(SYS_setresgid, -1, 0, -1) == 0)
		return 4;
	if (setgroups(1, &root_group) == 0 || errno != EPERM)
		return 5;
	return setgroups(0, NULL) == 0 && setresgid_errno(1) == 0 &&
	               setresuid_errno(uid_of("daemon")) == 0
	           ? 0
	           : 6;
}

static void a_supervisor_changes_to_the_users_of_its_table_only(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(cannot_become_others), 0);
	(void)setenv("PORTVAKT_SYSCALL_FILTER", "strict", 1);
	assert_int_equal(in_child(cannot_become_others), 0);
	(void)unsetenv("PORTVAKT_SYSCALL_FILTER");
}

static int calls_setuid(void)
{
	return !supervises() ? FAILED : syscall(SYS_setuid, 1) < 0 ? errno : 0;
}

static int calls_setfsuid(void)
{
	return !supervises()                  ? FAILED
	       : syscall(SYS_setfsuid, 0) < 0 ? errno
	                                      : 0;
}

static int calls_chown(void)
{
	return !supervises() ? FAILED : chown("/tmp", 1, 1) < 0 ? errno : 0;
}

static void a_supervisor_has_no_other_call_that_changes_users(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(calls_setuid), ENOSYS);
	assert_int_equal(in_child(calls_setfsuid), ENOSYS);
	assert_int_equal(in_child(calls_chown), ENOSYS);
}

static bool has_only_group(gid_t wanted)
{
	gid_t all[8];
	int count = getgroups(8, all);

	return wanted == 0 ? count == 0 : count == 1 && all[0] == wanted;
}

static int becomes_a_user_with_groups(void)
{
	return supervises() && identity_change("bin", NULL) &&
	       is_only(uid_of("bin")) && has_only_group(SHARED_GROUP) &&
	       getgid() == 2 && prctl(PR_GET_DUMPABLE) == 0 &&
	       has_all_capabilities(0) && setresuid_errno(1) != 0;
}

static int becomes_a_user_without(void)
{
	return supervises() && identity_change("www-data", NULL) &&
	       is_only(uid_of("www-data")) && has_only_group(0) &&
	       has_all_capabilities(0);
}

static int becomes_one_outside_the_table(void)
{
	return supervises() && !identity_change("games", NULL) &&
	       !identity_change("root", NULL) && is_only(uid_of("nobody"));
}

static void a_process_has_its_user_and_groups_and_no_capabilities(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(becomes_a_user_with_groups), 1);
	assert_int_equal(in_child(becomes_a_user_without), 1);
	assert_int_equal(in_child(becomes_one_outside_the_table), 1);
}

static int root_becomes_nobody(void)
{
	return identity_change("nobody", NULL) && is_only(uid_of("nobody")) &&
	       setuid(0) != 0 && prctl(PR_GET_DUMPABLE) == 0 &&
	       status_value("CapEff:") == 0;
}

static int root_rejects_an_unknown_user(void)
{
	return !identity_change("no-such-user", NULL) && geteuid() == 0;
}

static int ordinary_user_stays(void)
{
	return identity_change("nobody", NULL) &&
	       identity_change("daemon", NULL) && is_only(uid_of("nobody"));
}

static void root_drops_its_privileges_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(root_becomes_nobody), 1);
	assert_int_equal(in_child(root_rejects_an_unknown_user), 1);
	assert_int_equal(in_child(ordinary_user_stays), 1);
	assert_true(identity_change(NULL, NULL));
}

/* Returns the error of a supervisor with these users. */
static const char *refusal(const char *own, const char *first,
                           const char *second)
{
	static struct error err;
	const char *const list[] = { first, second, NULL };
	const struct identity_names n = { own, list, NULL };
	int ends[2], status;

	err = (struct error){ 0 };
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();

	if (pid == 0) {
		bool accepted = identity_supervise(&n, &err);

		(void)!write(ends[1], err.text, sizeof(err.text));
		_exit(accepted);
	}
	(void)close(ends[1]);
	(void)!read(ends[0], err.text, sizeof(err.text));
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0 ? err.text : "accepted";
}

static void wrong_users_stop_a_supervisor_and_are_named(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_string_equal(refusal("nobody", "daemon", "www-data"),
	                    "accepted");
	assert_non_null(strstr(refusal("nobody", "daemon", "portvakt-none"),
	                       "user portvakt-none does not exist"));
	assert_non_null(strstr(refusal("portvakt-none", "daemon", "bin"),
	                       "user portvakt-none does not exist"));
	assert_non_null(strstr(refusal("nobody", "daemon", "root"),
	                       "user root has the ids of root"));
	assert_non_null(strstr(refusal("root", "daemon", "bin"),
	                       "user root has the ids of root"));
	assert_non_null(strstr(refusal("nobody", "daemon", "mail"),
	                       "user mail is in other groups"));
}

/* In a directory of its own. */
static int opens_a_socket_with_a_group(void)
{
	char path[] = "/tmp/portvakt-identity-XXXXXX", name[64];
	struct listen_socket sock = { .path = name,
		                      .mode = 0660,
		                      .group = "news" };
	struct stat st = { 0 };
	int fd;

	if (!supervises() || !mkdtemp(path))
		return FAILED;
	(void)snprintf(name, sizeof(name), "%s/socket", path);
	if (!listen_open(&sock, &fd, NULL) || stat(name, &st) != 0)
		return 2;
	listen_close(&sock, fd);
	(void)rmdir(path);
	if (st.st_gid != getgrnam("news")->gr_gid ||
	    (st.st_mode & 0777) != 0660 || st.st_uid != geteuid())
		return 3;
	sock.group = "games";
	return getegid() == getpwnam("nobody")->pw_gid &&
	               !listen_open(&sock, &fd, NULL)
	           ? 0
	           : 4;
}

static void a_socket_has_one_of_the_groups_of_the_table(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(opens_a_socket_with_a_group), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_supervisor_is_root_no_more_and_keeps_three_capabilities),
		cmocka_unit_test(
		    a_supervisor_changes_to_the_users_of_its_table_only),
		cmocka_unit_test(
		    a_supervisor_has_no_other_call_that_changes_users),
		cmocka_unit_test(
		    a_process_has_its_user_and_groups_and_no_capabilities),
		cmocka_unit_test(root_drops_its_privileges_for_good),
		cmocka_unit_test(wrong_users_stop_a_supervisor_and_are_named),
		cmocka_unit_test(a_socket_has_one_of_the_groups_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
