/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise_test.c: with real children. They run this program; the first
 * argument selects their behaviour. */
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/process/daemon.h"
#include "lib/process/supervise.h"
#include "lib/strbuf.h"

/* ---- behaviour of the children */

static void sleep_ms(int milliseconds)
{
	(void)usleep((useconds_t)milliseconds * 1000);
}

static void drain(int signal)
{
	(void)signal;
	sleep_ms(300);
	_exit(0);
}

/* Sends pid and environment to every client. */
static void serve(enum daemon_socket which)
{
	int listener = daemon_socket(which);

	while (listener >= 0) {
		int fd = accept(listener, NULL, NULL);
		char all[8192];
		int length = snprintf(all, sizeof(all), "%d\n", getpid());

		for (char **v = environ; *v && length < 7000; v++)
			length += snprintf(all + length, 512, "%.500s\n", *v);
		(void)send(fd, all, (size_t)length, MSG_NOSIGNAL);
		(void)close(fd);
	}
	_exit(9);
}

__attribute__((constructor)) static void be_a_child(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (text_equal(what, "sleep"))
		sleep_ms(60000);
	if (text_equal(what, "stubborn")) {
		(void)signal(SIGTERM, SIG_IGN);
		sleep_ms(60000);
	}
	if (text_equal(what, "drain")) {
		(void)signal(SIGTERM, drain);
		for (;;)
			sleep_ms(1000);
	}
	if (text_equal(what, "die"))
		_exit(3);
	if (text_equal(what, "serve"))
		serve(DAEMON_SOCKET_FIRST);
	if (text_equal(what, "serve-second"))
		serve(DAEMON_SOCKET_SECOND);
	if (*what)
		_exit(0);
}

/* ---- fixture */

enum { STEP_MS = 10, LONGEST_TEST_MS = 10000 };

static struct arena *a;
static struct supervise *s;
static char directory[64];
static struct strbuf events;
static int64_t started_ms;
static bool done, stopped;
static void (*step)(void);

static void record_event(void *thing, const char *role, const char *what,
                         const char *detail)
{
	(void)thing;
	strbuf_appendf(&events, "%s %s %s\n", role, what, detail);
}

static void next_step(void *thing, int fd)
{
	uint64_t ticks;

	(void)thing;
	assert_int_equal(read(fd, &ticks, sizeof(ticks)), sizeof(ticks));
	if (stopped)
		return;
	if (!done)
		step();
	stopped = done || clock_monotonic_ms() - started_ms > LONGEST_TEST_MS;
	if (stopped)
		assert_int_equal(kill(getpid(), SIGTERM), 0);
}

static int setup(void **state)
{
	(void)state;
	a = arena_open();
	events = strbuf_init(a);
	done = stopped = false;
	strcpy(directory, "/tmp/supervise_test.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(rmdir(directory), 0);
	arena_close(a);
	return 0;
}

static struct supervise_process role(const char *name, const char *what,
                                     bool has_socket)
{
	const char **argv = arena_array(a, const char *, 3);
	struct supervise_process r = { .name = name,
		                       .program = "/proc/self/exe" };

	argv[0] = name;
	argv[1] = what;
	r.argv = argv;
	if (has_socket)
		r.socket.path = arena_printf(a, "%s/%s", directory, name);
	return r;
}

static bool open_supervisor(const struct supervise_process *roles, size_t count,
                            struct error *err)
{
	const struct itimerspec often = { { 0, STEP_MS * 1000000 },
		                          { 0, STEP_MS * 1000000 } };
	struct supervise_callbacks ear = { .on_event = record_event,
		                           .on_control = next_step };

	ear.control_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	assert_int_equal(timerfd_settime(ear.control_fd, 0, &often, NULL), 0);
	if (supervise_open(roles, count, &ear, &s, err))
		return true;
	close(ear.control_fd);
	return false;
}

static void run_processes(const struct supervise_process *roles, size_t count,
                          void (*each)(void))
{
	struct error err = { 0 };

	if (!open_supervisor(roles, count, &err))
		fail_msg("%s", err.text);
	step = each;
	started_ms = clock_monotonic_ms();
	supervise_run(s);
	supervise_close(s);
	assert_true(done);
}

static struct supervise_process_status row(size_t i)
{
	const struct supervise_process_status *rows;

	assert_true(supervise_status(s, &rows) > i);
	return rows[i];
}

static int call(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s", directory,
	               name);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* Returns the pid of the response, 0 while there is none. */
static char answer[8192];
static int answered(int fd)
{
	ssize_t got = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);

	if (got <= 0)
		return 0;
	answer[got] = '\0';
	(void)close(fd);
	return (int)strtol(answer, NULL, 10);
}

/* ---- tests */

static pid_t first;
static int64_t killed;
static int line;

static void kill_once(void)
{
	pid_t now = row(0).pid;

	if (!first && now) {
		first = now;
		killed = clock_monotonic_ms();
		assert_int_equal(kill(first, SIGKILL), 0);
	} else if (now && now != first) {
		done = true;
	}
}

static void a_dead_child_is_restarted_at_once(void **state)
{
	setup(state);
	first = 0;
	run_processes(
	    &(struct supervise_process){
		.name = "sleeper",
		.program = "/bin/sleep",
		.argv = (const char *[]){ "sleep", "60", NULL } },
	    1, kill_once);
	assert_in_range(clock_monotonic_ms() - killed, 0, 400);
	assert_non_null(strstr(events.data, "sleeper died signal 9\n"
	                                    "sleeper started \n"));
	teardown(state);
}

static void call_when_idle(void)
{
	if (line < 0 && clock_monotonic_ms() - started_ms > 100) {
		assert_int_equal(row(0).pid, 0);
		line = call("ldap-auth@tinn");
	}
	if (line >= 0 && answered(line) > 0) {
		assert_int_equal(row(0).pid, atoi(answer));
		done = true;
	}
}

static void an_on_demand_process_starts_on_connection(void **state)
{
	struct supervise_process r;

	setup(state);
	line = -1;
	r = role("ldap-auth@tinn", "serve", true);
	r.start = SUPERVISE_START_ON_DEMAND;
	run_processes(&r, 1, call_when_idle);
	teardown(state);
}

static void call_second(void)
{
	if (line < 0)
		line = call("inner");
	done = answered(line) > 0;
}

static void a_second_socket_is_passed_too(void **state)
{
	struct supervise_process r;

	setup(state);
	line = -1;
	r = role("web", "serve-second", true);
	r.second_socket.path = arena_printf(a, "%s/inner", directory);
	run_processes(&r, 1, call_second);
	assert_non_null(strstr(answer, "LISTEN_FDS=2\n"));
	teardown(state);
}

static int calls;

/* A killed child loses the connection it accepted, so the next one is opened
 * only when the child is reaped. */
static void kill_and_call(void)
{
	int pid = line >= 0 ? answered(line) : 0;

	if (pid > 0) {
		line = -1;
		calls++;
		assert_int_equal(kill(pid, SIGKILL), 0);
	} else if (line < 0 && row(0).pid == 0) {
		line = call("ldap-auth@tinn");
	}
	done = calls == 4;
}

static void a_pending_connection_survives_a_dead_child(void **state)
{
	struct supervise_process r;

	setup(state);
	line = -1;
	calls = 0;
	r = role("ldap-auth@tinn", "serve", true);
	r.start = SUPERVISE_START_ON_DEMAND;
	run_processes(&r, 1, kill_and_call);
	teardown(state);
}

static void check_starts(void)
{
	done = clock_monotonic_ms() - started_ms > 1300;
	/* 0, 0, 0, then after 100, 200, 400 and 800 ms. */
	if (done)
		assert_in_range(row(0).start_count, 4, 7);
}

static void a_failing_process_is_restarted_with_backoff(void **state)
{
	struct supervise_process r;

	setup(state);
	r = role("broken", "die", false);
	run_processes(&r, 1, check_starts);
	assert_non_null(strstr(events.data, "broken died exit 3\n"));
	teardown(state);
}

static bool got_busy_reply(int fd)
{
	char reply[8] = "";

	return recv(fd, reply, sizeof(reply) - 1, MSG_DONTWAIT) == 3 &&
	       text_equal(reply, "no\n");
}

/* A connection accepted by a dead child gets no reply: open another. */
static void call_until_busy(void)
{
	if (line < 0)
		line = call("bind");
	done = got_busy_reply(line);
	if (!done && row(0).pid == 0 && clock_monotonic_ms() - killed > 300) {
		killed = clock_monotonic_ms();
		close(line);
		line = -1;
	}
}

static void clients_of_a_failing_process_get_the_busy_reply(void **state)
{
	struct supervise_process r;

	setup(state);
	line = -1;
	killed = 0;
	r = role("bind", "die", true);
	r.start = SUPERVISE_START_ON_DEMAND;
	r.socket.busy_reply = "no\n";
	run_processes(&r, 1, call_until_busy);
	close(line);
	teardown(state);
}

static int rejected_in_time;

/* The first process drains slowly; the second does not listen. */
static void call_and_stop(void)
{
	if (line < 0 && row(0).pid && row(1).pid)
		line = call("bind");
	done = line >= 0;
}

static void record_busy_reply_while_draining(void *thing, const char *name,
                                             const char *what,
                                             const char *detail)
{
	record_event(thing, name, what, detail);
	if (line >= 0 && text_equal(name, "web") && text_equal(what, "ended"))
		rejected_in_time = got_busy_reply(line) ? 1 : -1;
}

static void queued_clients_get_the_busy_reply_before_others_drain(void **state)
{
	const struct itimerspec often = { { 0, STEP_MS * 1000000 },
		                          { 0, STEP_MS * 1000000 } };
	struct supervise_callbacks ear = { .on_event =
		                               record_busy_reply_while_draining,
		                           .on_control = next_step };
	struct supervise_process r[2];
	struct error err = { 0 };

	setup(state);
	line = -1;
	rejected_in_time = 0;
	r[0] = role("web", "drain", true);
	r[0].stop_timeout = 2000;
	r[1] = role("bind", "sleep", true);
	r[1].stop_timeout = 100;
	r[1].socket.busy_reply = "no\n";
	ear.control_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	assert_int_equal(timerfd_settime(ear.control_fd, 0, &often, NULL), 0);
	assert_true(supervise_open(r, 2, &ear, &s, &err));
	step = call_and_stop;
	started_ms = clock_monotonic_ms();
	supervise_run(s);
	supervise_close(s);
	assert_int_equal(rejected_in_time, 1);
	close(line);
	close(ear.control_fd);
	teardown(state);
}

static void wait_for_tries(void)
{
	done = clock_monotonic_ms() - started_ms > 2300;
}

static void a_program_that_cannot_run_is_reported_once(void **state)
{
	static const char error[] = "none could not start cannot run "
				    "/nowhere: No such file or directory\n";
	struct supervise_process r = { .name = "none", .program = "/nowhere" };

	setup(state);
	run_processes(&r, 1, wait_for_tries);
	const char *report = strstr(events.data, error);

	assert_non_null(report);
	assert_null(strstr(report + 1, "none"));
	assert_null(strstr(events.data, "none started"));
	assert_null(strstr(events.data, "none died"));
	teardown(state);
}

static void a_missing_user_is_reported(void **state)
{
	struct supervise_process r;

	if (geteuid() != 0)
		skip();
	setup(state);
	r = role("none", "sleep", false);
	r.user = "portvakt-no-such-user";
	run_processes(&r, 1, wait_for_tries);
	assert_non_null(strstr(events.data,
	                       "none could not start user "
	                       "portvakt-no-such-user does not exist\n"));
	teardown(state);
}

static void restart_while_draining(void)
{
	struct supervise_process_status now = row(0);
	struct error err = { 0 };

	if (!first && now.pid && clock_monotonic_ms() - started_ms > 1500) {
		first = now.pid;
		assert_true(supervise_restart(s, "web", &err));
		assert_int_not_equal(row(0).pid, first);
		assert_int_equal(row(0).draining, 1);
		assert_int_equal(kill(first, 0), 0);
		assert_false(supervise_restart(s, "none", &err));
		assert_int_equal(err.kind, ERROR_INVALID);
	}
	done = first && now.draining == 0;
}

static void a_restart_drains_the_old_child(void **state)
{
	struct supervise_process r;

	setup(state);
	first = 0;
	r = role("web", "drain", true);
	r.stop_timeout = 5000;
	run_processes(&r, 1, restart_while_draining);
	assert_non_null(strstr(events.data, "web ended exit 0\n"));
	teardown(state);
}

/* The children have installed their handlers by then. */
static void stop_when_ready(void)
{
	done = clock_monotonic_ms() - started_ms > 1500;
}

static void shutdown_is_ordered_and_overdue_children_are_killed(void **state)
{
	struct supervise_process roles[3];
	const char *web, *signer;

	setup(state);
	roles[0] = role("signer", "sleep", true);
	roles[1] = role("web", "drain", true);
	roles[1].stop_timeout = 3000;
	roles[2] = role("stuck", "stubborn", false);
	roles[2].stop_timeout = 100;
	run_processes(roles, 3, stop_when_ready);
	web = strstr(events.data, "web ended exit 0\n");
	signer = strstr(events.data, "signer ended signal 15\n");
	assert_true(web && signer && web < signer);
	assert_non_null(strstr(events.data,
	                       "stuck killed stop timeout exceeded\n"
	                       "stuck ended signal 9\n"));
	teardown(state);
}

static void a_child_has_a_clean_environment(void **state)
{
	struct supervise_process r;

	setup(state);
	line = -1;
	setenv("HUNTER", "2", 1);
	setenv("LD_PRELOAD_LIKE", "x", 1);
	setenv("PORTVAKT_TEST", "here", 1);
	setenv("LISTEN_FDS", "7", 1);
	r = role("ldap-auth@tinn", "serve", true);
	r.start = SUPERVISE_START_ON_DEMAND;
	run_processes(&r, 1, call_when_idle);
	unsetenv("LISTEN_FDS");
	assert_null(strstr(answer, "HUNTER"));
	assert_null(strstr(answer, "LD_PRELOAD"));
	assert_null(strstr(answer, "HOME="));
	assert_null(strstr(answer, "LISTEN_FDS=7"));
	assert_non_null(strstr(answer, "PORTVAKT_TEST=here\n"));
	assert_non_null(strstr(answer, "PATH="));
	assert_non_null(strstr(
	    answer, arena_printf(a, "PORTVAKT_SUPERVISOR=%d\n", getpid())));
	teardown(state);
}

static void check_user(void)
{
	char uid[64] = "", *path = arena_printf(a, "/proc/%d", row(0).pid);
	struct stat st;

	/* /proc shows the user only after the change of user. */
	if (row(0).pid && stat(path, &st) == 0 && st.st_uid != 0)
		(void)snprintf(uid, sizeof(uid), "%u", st.st_uid);
	done = *uid != '\0';
}

static void a_process_runs_as_its_own_user(void **state)
{
	struct supervise_process r = { .name = "sleeper",
		                       .program = "/bin/sleep",
		                       .argv = (const char *[]){ "sleep", "60",
		                                                 NULL },
		                       .user = "nobody" };

	if (geteuid() != 0)
		skip();
	setup(state);
	run_processes(&r, 1, check_user);
	teardown(state);
}

static void change_processes(void)
{
	struct supervise_process roles[2] = { role("b", "sleep", true),
		                              role("c", "sleep", true) };
	struct supervise_process bad[2] = { role("b", "sleep", true),
		                            role("no/way", "sleep", true) };
	struct stat st;

	if (!first && row(1).pid) {
		first = row(1).pid;
		assert_false(supervise_reconfigure(s, bad, 2, NULL));
		assert_int_equal(row(0).pid > 0, 1);
		assert_true(supervise_reconfigure(s, roles, 2, NULL));
		assert_int_not_equal(
		    stat(arena_printf(a, "%s/a", directory), &st), 0);
	}
	if (first && strstr(events.data, "a ended") &&
	    text_equal(row(1).name, "c") && row(1).pid) {
		assert_string_equal(row(0).name, "b");
		assert_int_equal(row(0).pid, first);
		done = true;
	}
}

static void a_reload_keeps_the_same_starts_new_and_stops_removed(void **state)
{
	struct supervise_process roles[2];

	setup(state);
	first = 0;
	roles[0] = role("a", "sleep", true);
	roles[1] = role("b", "sleep", true);
	run_processes(roles, 2, change_processes);
	teardown(state);
}

static void a_second_supervisor_is_rejected(void **state)
{
	struct supervise_process r;
	struct supervise *other;
	struct error err = { 0 };
	struct stat st;

	setup(state);
	r = role("web", "sleep", true);
	r.socket.mode = 0660;
	assert_true(open_supervisor(&r, 1, &err));
	assert_int_equal(stat(r.socket.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_false(supervise_open(&r, 1, NULL, &other, &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
	supervise_close(s);
	assert_int_not_equal(stat(r.socket.path, &st), 0);
	teardown(state);
}

static void a_stale_socket_is_replaced(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct supervise_process r;
	FILE *f;

	setup(state);
	r = role("web", "sleep", true);
	strcpy(at.sun_path, r.socket.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	assert_true(open_supervisor(&r, 1, NULL));
	supervise_close(s);
	f = fopen(r.socket.path, "w");
	fclose(f);
	assert_false(open_supervisor(&r, 1, NULL));
	unlink(r.socket.path);
	teardown(state);
}

/* A supervisor in a process of its own, to be killed. */
static void run_supervisor(void)
{
	struct supervise_process r = { .name = "sleeper",
		                       .program = "/bin/sleep",
		                       .argv = (const char *[]){ "sleep", "60",
		                                                 NULL } };

	if (supervise_open(&r, 1, NULL, &s, NULL))
		supervise_run(s);
	_exit(1);
}

static void children_die_with_their_supervisor(void **state)
{
	int status;
	pid_t supervisor;

	setup(state);
	/* Adopt orphans, to wait for them. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	supervisor = fork();
	if (supervisor == 0)
		run_supervisor();
	sleep_ms(300);
	assert_int_equal(kill(supervisor, SIGKILL), 0);
	assert_int_equal(waitpid(supervisor, &status, 0), supervisor);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	teardown(state);
}

TESTS(clients_of_a_failing_process_get_the_busy_reply,
      queued_clients_get_the_busy_reply_before_others_drain,
      a_second_socket_is_passed_too, a_dead_child_is_restarted_at_once,
      an_on_demand_process_starts_on_connection,
      a_pending_connection_survives_a_dead_child,
      a_failing_process_is_restarted_with_backoff,
      a_program_that_cannot_run_is_reported_once, a_missing_user_is_reported,
      a_restart_drains_the_old_child,
      shutdown_is_ordered_and_overdue_children_are_killed,
      a_child_has_a_clean_environment, a_process_runs_as_its_own_user,
      a_reload_keeps_the_same_starts_new_and_stops_removed,
      a_second_supervisor_is_rejected, a_stale_socket_is_replaced,
      children_die_with_their_supervisor)
