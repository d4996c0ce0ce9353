/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of confine.c, landlock.c, syscall_filter.c: each case confines a child
 * process and tries what is forbidden. */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/process/confine.h"

enum { CANNOT_CONFINE = 99 };

static char own_dir[] = "/tmp/portvakt-confine-XXXXXX";
static char own_file[64];

/* The child ends by _exit(): leak detection stops threads with ptrace(). */
static int in_confined_child(unsigned needs, const struct landlock_paths *paths,
                             int (*attempt)(void))
{
	const struct confinement c = { .needs = needs, .paths = paths };
	const struct rlimit no_core = { 0, 0 };
	int landlock, status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		if (!confine(&c, &landlock, NULL))
			_exit(CANNOT_CONFINE);
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int socket_errno(int family)
{
	return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ? 0 : errno;
}

static int internet_errno(void)
{
	return socket_errno(AF_INET);
}

static int internet_6_errno(void)
{
	return socket_errno(AF_INET6);
}

static int unix_errno(void)
{
	return socket_errno(AF_UNIX);
}

static int packet_errno(void)
{
	return socket_errno(AF_PACKET);
}

static void only_a_daemon_with_network_opens_internet_sockets(void **state)
{
	(void)state;
	assert_int_equal(in_confined_child(0, NULL, internet_errno),
	                 EAFNOSUPPORT);
	assert_int_equal(in_confined_child(0, NULL, internet_6_errno),
	                 EAFNOSUPPORT);
	assert_int_equal(
	    in_confined_child(CONFINE_NETWORK, NULL, internet_errno), 0);
	assert_int_equal(in_confined_child(0, NULL, unix_errno), 0);
	assert_int_equal(in_confined_child(CONFINE_NETWORK, NULL, packet_errno),
	                 ENOSYS);
}

static int runs_a_program(void)
{
	char *const argv[] = { own_file, NULL };

	(void)execv("/bin/true", argv);
	return errno;
}

static int traces_its_parent(void)
{
	return (int)syscall(SYS_ptrace, 16, getppid(), 0, 0);
}

static int mounts(void)
{
	return (int)syscall(SYS_mount, "none", own_dir, "tmpfs", 0, 0);
}

static int forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static void forbidden_calls_end_the_process(void **state)
{
	static int (*const attempts[])(void) = { runs_a_program,
		                                 traces_its_parent, mounts };
	const unsigned all = CONFINE_NETWORK | CONFINE_FILES;

	(void)state;
	for (size_t i = 0; i < LENGTH(attempts); i++)
		assert_int_equal(in_confined_child(all, NULL, attempts[i]),
		                 128 + SIGSYS);
	assert_int_equal(
	    in_confined_child(CONFINE_CHILDREN, NULL, traces_its_parent),
	    128 + SIGSYS);
}

static void only_a_daemon_with_children_starts_processes(void **state)
{
	(void)state;
	assert_int_equal(in_confined_child(0, NULL, forks), ENOSYS);
	assert_int_equal(in_confined_child(CONFINE_CHILDREN, NULL, forks), 0);
	assert_int_equal(
	    in_confined_child(CONFINE_CHILDREN, NULL, runs_a_program), 0);
}

static int renames(void)
{
	char other[80];

	(void)snprintf(other, sizeof(other), "%s.new", own_file);
	return rename(own_file, other) == 0 && rename(other, own_file) == 0
	           ? 0
	           : errno;
}

static void only_a_daemon_with_files_renames_them(void **state)
{
	(void)state;
	assert_int_equal(in_confined_child(0, NULL, renames), ENOSYS);
	assert_int_equal(in_confined_child(CONFINE_FILES, NULL, renames), 0);
}

static int calls_what_no_list_has(void)
{
	return syscall(SYS_acct, NULL) < 0 ? errno : 0;
}

static void an_unlisted_call_fails_or_is_fatal_in_tests(void **state)
{
	(void)state;
	assert_int_equal(in_confined_child(0, NULL, calls_what_no_list_has),
	                 ENOSYS);
	(void)setenv("PORTVAKT_SYSCALL_FILTER", "strict", 1);
	assert_int_equal(in_confined_child(0, NULL, calls_what_no_list_has),
	                 128 + SIGSYS);
	(void)unsetenv("PORTVAKT_SYSCALL_FILTER");
}

static void *nothing(void *data)
{
	return data;
}

static int starts_a_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) == 0 &&
	               pthread_join(thread, NULL) == 0
	           ? 0
	           : 1;
}

static void every_daemon_has_threads(void **state)
{
	(void)state;
	assert_int_equal(in_confined_child(0, NULL, starts_a_thread), 0);
}

/* ---- files */

static int open_errno(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd >= 0 ? 0 : errno;
}

static int reads_a_public_file(void)
{
	return open_errno("/etc/passwd", O_RDONLY);
}

static int reads_its_file(void)
{
	return open_errno(own_file, O_RDONLY);
}

static int writes_its_file(void)
{
	return open_errno(own_file, O_WRONLY | O_TRUNC);
}

static int creates_beside_its_file(void)
{
	char other[80];

	(void)snprintf(other, sizeof(other), "%s.other", own_file);
	return open_errno(other, O_WRONLY | O_CREAT);
}

static void files_outside_its_paths_are_closed(void **state)
{
	const char *const own[] = { own_dir, "/no/such/path", NULL };
	const struct landlock_paths nothing_at_all = { .read = NULL };
	const struct landlock_paths to_read = { .read = own };
	const struct landlock_paths to_write = { .write = own };

	(void)state;
	if (landlock_version() == 0)
		skip();
	assert_int_equal(
	    in_confined_child(0, &nothing_at_all, reads_a_public_file), EACCES);
	assert_int_equal(in_confined_child(0, &to_read, reads_a_public_file),
	                 EACCES);
	assert_int_equal(in_confined_child(0, &to_read, reads_its_file), 0);
	assert_int_equal(in_confined_child(0, &to_read, writes_its_file),
	                 EACCES);
	assert_int_equal(
	    in_confined_child(0, &to_read, creates_beside_its_file), EACCES);
	assert_int_equal(in_confined_child(0, &to_write, writes_its_file), 0);
	assert_int_equal(
	    in_confined_child(0, &to_write, creates_beside_its_file), 0);
	assert_int_equal(in_confined_child(0, NULL, reads_a_public_file), 0);
}

static void a_program_outside_its_paths_does_not_run(void **state)
{
	const char *const own[] = { own_dir, NULL };
	const char *const programs[] = { "/usr", "/bin", "/lib", "/lib64",
		                         NULL };
	const struct landlock_paths closed = { .read = own, .execute = own };
	const struct landlock_paths open = { .read = programs,
		                             .execute = programs };

	(void)state;
	if (landlock_version() == 0)
		skip();
	assert_int_equal(
	    in_confined_child(CONFINE_CHILDREN, &closed, runs_a_program),
	    EACCES);
	assert_int_equal(
	    in_confined_child(CONFINE_CHILDREN, &open, runs_a_program), 0);
}

/* ---- privileges */

/* Returns the value of a line of /proc/self/status; it is read by root. */
static unsigned long long status_value(const char *name)
{
	char line[256];
	unsigned long long value = ~0ULL;
	FILE *file = fopen("/proc/self/status", "re");

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name), NULL, 16);
	if (file)
		(void)fclose(file);
	return value;
}

static int has_given_up_privileges(void)
{
	return status_value("CapPrm:") == 0 && status_value("CapEff:") == 0 &&
	       status_value("CapInh:") == 0 && status_value("CapAmb:") == 0 &&
	       status_value("NoNewPrivs:") == 1 &&
	       status_value("Seccomp:") == 2;
}

static void privileges_are_given_up(void **state)
{
	(void)state;
	assert_int_equal(in_confined_child(0, NULL, has_given_up_privileges),
	                 1);
}

/* ---- the tables */

/* A call that this machine does not have is left out, so a typing error would
 * be, too.  These exist on some machines only. */
static bool is_known(const char *name)
{
	static const char *const some_machines[] = { "time", "open", "stat" };

	for (size_t i = 0; i < LENGTH(some_machines); i++)
		if (strcmp(name, some_machines[i]) == 0)
			return true;
	return syscall_number(name) >= 0;
}

static void every_name_in_the_tables_is_a_system_call(void **state)
{
	const unsigned needs[] = { 0, CONFINE_SUPERVISE };
	struct syscall_table tables[CONFINE_TABLES];
	char names[1024];
	char *rest;

	(void)state;
	for (size_t n = 0; n < LENGTH(needs); n++) {
		size_t count = confine_syscall_tables(needs[n], tables);

		for (size_t t = 0; t < count; t++)
			for (size_t r = 0; r < tables[t].count; r++) {
				(void)snprintf(names, sizeof(names), "%s",
				               tables[t].rules[r].names);
				for (char *name = strtok_r(names, " ", &rest);
				     name; name = strtok_r(NULL, " ", &rest))
					if (!is_known(name))
						fail_msg("%s", name);
			}
	}
}

static int create_own_files(void **state)
{
	(void)state;
	(void)unsetenv("PORTVAKT_SYSCALL_FILTER");
	if (!mkdtemp(own_dir))
		return -1;
	(void)snprintf(own_file, sizeof(own_file), "%s/file", own_dir);
	int fd = open(own_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 ? close(fd) : -1;
}

static int remove_own_files(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", own_dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    only_a_daemon_with_network_opens_internet_sockets),
		cmocka_unit_test(forbidden_calls_end_the_process),
		cmocka_unit_test(only_a_daemon_with_children_starts_processes),
		cmocka_unit_test(only_a_daemon_with_files_renames_them),
		cmocka_unit_test(an_unlisted_call_fails_or_is_fatal_in_tests),
		cmocka_unit_test(every_daemon_has_threads),
		cmocka_unit_test(files_outside_its_paths_are_closed),
		cmocka_unit_test(a_program_outside_its_paths_does_not_run),
		cmocka_unit_test(privileges_are_given_up),
		cmocka_unit_test(every_name_in_the_tables_is_a_system_call),
	};

	return cmocka_run_group_tests(tests, create_own_files,
	                              remove_own_files);
}
