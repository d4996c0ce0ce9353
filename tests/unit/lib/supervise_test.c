/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise_test.c: real children.  The children are this very program, told
 * by their first argument what to be. */
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
#include "lib/daemon.h"
#include "lib/supervise.h"
#include "lib/text.h"

/* ---- what a child may be */

static void wait_a_little(int milliseconds)
{
	(void)usleep((useconds_t)milliseconds * 1000);
}

static void drain(int signal)
{
	(void)signal;
	wait_a_little(300);
	_exit(0);
}

/* Tells whoever connects our pid and environment. */
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
		wait_a_little(60000);
	if (text_equal(what, "stubborn")) {
		(void)signal(SIGTERM, SIG_IGN);
		wait_a_little(60000);
	}
	if (text_equal(what, "drain")) {
		(void)signal(SIGTERM, drain);
		for (;;)
			wait_a_little(1000);
	}
	if (text_equal(what, "die"))
		_exit(3);
	if (text_equal(what, "serve"))
		serve(DAEMON_FIRST);
	if (text_equal(what, "serve-second"))
		serve(DAEMON_SECOND);
	if (*what)
		_exit(0);
}

/* ---- the stage */

enum { STEP_MS = 10, LONGEST_PLAY_MS = 10000 };

static struct arena *a;
static struct supervise *s;
static char folder[64];
static struct text heard;
static int64_t began;
static bool done;
static void (*step)(void);

static void hear(void *thing, const char *role, const char *what,
                 const char *detail)
{
	(void)thing;
	text_addf(&heard, "%s %s %s\n", role, what, detail);
}

static void next_step(void *thing, int fd)
{
	uint64_t ticks;

	(void)thing;
	assert_int_equal(read(fd, &ticks, sizeof(ticks)), sizeof(ticks));
	if (!done)
		step();
	if (done || clock_monotonic_ms() - began > LONGEST_PLAY_MS)
		supervise_end(s);
}

static int begin(void **state)
{
	(void)state;
	a = arena_open();
	heard = text_in(a);
	done = false;
	strcpy(folder, "/tmp/supervise_test.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	assert_int_equal(rmdir(folder), 0);
	arena_close(a);
	return 0;
}

static struct supervise_role role(const char *name, const char *what,
                                  bool has_socket)
{
	const char **argv = arena_array(a, const char *, 3);
	struct supervise_role r = { .name = name, .program = "/proc/self/exe" };

	argv[0] = name;
	argv[1] = what;
	r.argv = argv;
	if (has_socket)
		r.socket.path = arena_print(a, "%s/%s", folder, name);
	return r;
}

static bool open_stage(const struct supervise_role *roles, size_t count,
                       struct fault *why)
{
	const struct itimerspec often = { { 0, STEP_MS * 1000000 },
		                          { 0, STEP_MS * 1000000 } };
	struct supervise_ear ear = { .said = hear, .ready = next_step };

	ear.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	assert_int_equal(timerfd_settime(ear.fd, 0, &often, NULL), 0);
	if (supervise_open(roles, count, &ear, &s, why))
		return true;
	close(ear.fd);
	return false;
}

static void play(const struct supervise_role *roles, size_t count,
                 void (*each)(void))
{
	struct fault why = { 0 };

	if (!open_stage(roles, count, &why))
		fail_msg("%s", why.text);
	step = each;
	began = clock_monotonic_ms();
	supervise_run(s);
	supervise_close(s);
	assert_true(done);
}

static struct supervise_row row(size_t i)
{
	const struct supervise_row *rows;

	assert_true(supervise_status(s, &rows) > i);
	return rows[i];
}

static int call(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s", folder, name);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* The pid that answered, 0 as long as nobody did. */
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

/* ---- plays */

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

static void who_died_is_started_again_at_once(void **state)
{
	begin(state);
	first = 0;
	play(&(struct supervise_role){ .name = "sleeper",
	                               .program = "/bin/sleep",
	                               .argv = (const char *[]){ "sleep", "60",
	                                                         NULL } },
	     1, kill_once);
	assert_in_range(clock_monotonic_ms() - killed, 0, 400);
	assert_non_null(strstr(heard.at, "sleeper died signal 9\n"
	                                 "sleeper started \n"));
	end(state);
}

static void call_when_idle(void)
{
	if (line < 0 && clock_monotonic_ms() - began > 100) {
		assert_int_equal(row(0).pid, 0);
		line = call("door@tinn");
	}
	if (line >= 0 && answered(line) > 0) {
		assert_int_equal(row(0).pid, atoi(answer));
		done = true;
	}
}

static void a_door_starts_when_somebody_knocks(void **state)
{
	struct supervise_role r;

	begin(state);
	line = -1;
	r = role("door@tinn", "serve", true);
	r.start = SUPERVISE_FIRST_USE;
	play(&r, 1, call_when_idle);
	end(state);
}

static void call_second(void)
{
	if (line < 0)
		line = call("inner");
	done = answered(line) > 0;
}

static void a_second_socket_is_handed_over_as_well(void **state)
{
	struct supervise_role r;

	begin(state);
	line = -1;
	r = role("web", "serve-second", true);
	r.second.path = arena_print(a, "%s/inner", folder);
	play(&r, 1, call_second);
	assert_non_null(strstr(answer, "LISTEN_FDS=2\n"));
	end(state);
}

static int calls;

/* Who was killed with a knock in its hands takes it along; hence one is
 * waited for until it is seen to be gone. */
static void kill_and_call(void)
{
	int pid = line >= 0 ? answered(line) : 0;

	if (pid > 0) {
		line = -1;
		calls++;
		assert_int_equal(kill(pid, SIGKILL), 0);
	} else if (line < 0 && row(0).pid == 0) {
		line = call("door@tinn");
	}
	done = calls == 4;
}

static void a_knock_outlives_the_one_it_was_for(void **state)
{
	struct supervise_role r;

	begin(state);
	line = -1;
	calls = 0;
	r = role("door@tinn", "serve", true);
	r.start = SUPERVISE_FIRST_USE;
	play(&r, 1, kill_and_call);
	end(state);
}

static void wait_and_see(void)
{
	done = clock_monotonic_ms() - began > 1300;
	/* 0, 0, 0, then after 100, 200, 400 and 800 ms. */
	if (done)
		assert_in_range(row(0).starts, 4, 7);
}

static void who_always_dies_is_started_ever_more_slowly(void **state)
{
	struct supervise_role r;

	begin(state);
	r = role("broken", "die", false);
	play(&r, 1, wait_and_see);
	assert_non_null(strstr(heard.at, "broken died exit 3\n"));
	end(state);
}

static bool hears_no(int fd)
{
	char said[8] = "";

	return recv(fd, said, sizeof(said) - 1, MSG_DONTWAIT) == 3 &&
	       text_equal(said, "no\n");
}

/* Those that a dead one took along hear nothing, and are let go. */
static void call_until_no(void)
{
	if (line < 0)
		line = call("bind");
	done = hears_no(line);
	if (!done && row(0).pid == 0 && clock_monotonic_ms() - killed > 300) {
		killed = clock_monotonic_ms();
		close(line);
		line = -1;
	}
}

static void nobody_waits_for_who_always_dies(void **state)
{
	struct supervise_role r;

	begin(state);
	line = -1;
	killed = 0;
	r = role("bind", "die", true);
	r.start = SUPERVISE_FIRST_USE;
	r.socket.farewell = "no\n";
	play(&r, 1, call_until_no);
	close(line);
	end(state);
}

static int knocked_late;

/* The first role takes its time; at the second's socket nobody listens. */
static void call_and_end(void)
{
	if (line < 0 && row(0).pid && row(1).pid)
		line = call("bind");
	done = line >= 0;
}

static void hear_no_while_another_drains(void *thing, const char *name,
                                         const char *what, const char *detail)
{
	hear(thing, name, what, detail);
	if (line >= 0 && text_equal(name, "web") && text_equal(what, "ended"))
		knocked_late = hears_no(line) ? 1 : -1;
}

static void who_waits_hears_of_the_end_before_others_have_drained(void **state)
{
	const struct itimerspec often = { { 0, STEP_MS * 1000000 },
		                          { 0, STEP_MS * 1000000 } };
	struct supervise_ear ear = { .said = hear_no_while_another_drains,
		                     .ready = next_step };
	struct supervise_role r[2];
	struct fault why = { 0 };

	begin(state);
	line = -1;
	knocked_late = 0;
	r[0] = role("web", "drain", true);
	r[0].patience = 2000;
	r[1] = role("bind", "sleep", true);
	r[1].patience = 100;
	r[1].socket.farewell = "no\n";
	ear.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	assert_int_equal(timerfd_settime(ear.fd, 0, &often, NULL), 0);
	assert_true(supervise_open(r, 2, &ear, &s, &why));
	step = call_and_end;
	began = clock_monotonic_ms();
	supervise_run(s);
	supervise_close(s);
	assert_int_equal(knocked_late, 1);
	close(line);
	close(ear.fd);
	end(state);
}

static void a_program_that_is_not_there_dies_with_127(void **state)
{
	struct supervise_role r = { .name = "none", .program = "/nowhere" };

	begin(state);
	play(&r, 1, wait_and_see);
	assert_non_null(strstr(heard.at, "none died exit 127\n"));
	end(state);
}

static void restart_while_draining(void)
{
	struct supervise_row now = row(0);
	struct fault why = { 0 };

	if (!first && now.pid && clock_monotonic_ms() - began > 200) {
		first = now.pid;
		assert_true(supervise_restart(s, "web", &why));
		assert_int_not_equal(row(0).pid, first);
		assert_int_equal(row(0).leaving, 1);
		assert_int_equal(kill(first, 0), 0);
		assert_false(supervise_restart(s, "none", &why));
		assert_int_equal(why.kind, FAULT_INVALID);
	}
	done = first && now.leaving == 0;
}

static void a_restart_lets_the_old_one_drain(void **state)
{
	struct supervise_role r;

	begin(state);
	first = 0;
	r = role("web", "drain", true);
	r.patience = 5000;
	play(&r, 1, restart_while_draining);
	assert_non_null(strstr(heard.at, "web ended exit 0\n"));
	end(state);
}

static void end_when_ready(void)
{
	done = clock_monotonic_ms() - began > 200;
}

static void at_the_end_the_patient_go_first_and_the_stubborn_are_killed(
    void **state)
{
	struct supervise_role roles[3];
	const char *web, *keeper;

	begin(state);
	roles[0] = role("keeper", "sleep", true);
	roles[1] = role("web", "drain", true);
	roles[1].patience = 3000;
	roles[2] = role("stuck", "stubborn", false);
	roles[2].patience = 100;
	play(roles, 3, end_when_ready);
	web = strstr(heard.at, "web ended exit 0\n");
	keeper = strstr(heard.at, "keeper ended signal 15\n");
	assert_true(web && keeper && web < keeper);
	assert_non_null(strstr(heard.at, "stuck killed it did not end in time\n"
	                                 "stuck ended signal 9\n"));
	end(state);
}

static void a_child_sees_a_clean_environment(void **state)
{
	struct supervise_role r;

	begin(state);
	line = -1;
	setenv("HUNTER", "2", 1);
	setenv("LD_PRELOAD_LIKE", "x", 1);
	setenv("PORTVAKT_TEST", "here", 1);
	setenv("LISTEN_FDS", "7", 1);
	r = role("door@tinn", "serve", true);
	r.start = SUPERVISE_FIRST_USE;
	play(&r, 1, call_when_idle);
	unsetenv("LISTEN_FDS");
	assert_null(strstr(answer, "HUNTER"));
	assert_null(strstr(answer, "LD_PRELOAD"));
	assert_null(strstr(answer, "HOME="));
	assert_null(strstr(answer, "LISTEN_FDS=7"));
	assert_non_null(strstr(answer, "PORTVAKT_TEST=here\n"));
	assert_non_null(strstr(answer, "PATH="));
	assert_non_null(
	    strstr(answer, arena_print(a, "PORTVAKT_MASTER=%d\n", getpid())));
	end(state);
}

static void look_at_user(void)
{
	char uid[64] = "", *path = arena_print(a, "/proc/%d", row(0).pid);
	struct stat st;

	/* A process is its user's own only once it has become somebody. */
	if (row(0).pid && stat(path, &st) == 0 && st.st_uid != 0)
		(void)snprintf(uid, sizeof(uid), "%u", st.st_uid);
	done = *uid != '\0';
}

static void a_role_runs_as_its_own_user(void **state)
{
	struct supervise_role r = { .name = "sleeper",
		                    .program = "/bin/sleep",
		                    .argv =
		                        (const char *[]){ "sleep", "60", NULL },
		                    .user = "nobody" };

	if (geteuid() != 0)
		skip();
	begin(state);
	play(&r, 1, look_at_user);
	end(state);
}

static void change_roles(void)
{
	struct supervise_role roles[2] = { role("b", "sleep", true),
		                           role("c", "sleep", true) };
	struct supervise_role bad[2] = { role("b", "sleep", true),
		                         role("no/way", "sleep", true) };
	struct stat st;

	if (!first && row(1).pid) {
		first = row(1).pid;
		assert_false(supervise_change(s, bad, 2, NULL));
		assert_int_equal(row(0).pid > 0, 1);
		assert_true(supervise_change(s, roles, 2, NULL));
		assert_int_not_equal(stat(arena_print(a, "%s/a", folder), &st),
		                     0);
	}
	if (first && strstr(heard.at, "a ended") && row(1).pid) {
		assert_string_equal(row(0).name, "b");
		assert_int_equal(row(0).pid, first);
		assert_string_equal(row(1).name, "c");
		done = true;
	}
}

static void after_a_reload_the_same_stay_the_new_begin_the_others_end(
    void **state)
{
	struct supervise_role roles[2];

	begin(state);
	first = 0;
	roles[0] = role("a", "sleep", true);
	roles[1] = role("b", "sleep", true);
	play(roles, 2, change_roles);
	end(state);
}

static void a_second_master_is_refused(void **state)
{
	struct supervise_role r;
	struct supervise *other;
	struct fault why = { 0 };
	struct stat st;

	begin(state);
	r = role("web", "sleep", true);
	r.socket.mode = 0660;
	assert_true(open_stage(&r, 1, &why));
	assert_int_equal(stat(r.socket.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_false(supervise_open(&r, 1, NULL, &other, &why));
	assert_int_equal(why.kind, FAULT_REFUSED);
	supervise_close(s);
	assert_int_not_equal(stat(r.socket.path, &st), 0);
	end(state);
}

static void a_dead_masters_socket_is_replaced(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct supervise_role r;
	FILE *f;

	begin(state);
	r = role("web", "sleep", true);
	strcpy(at.sun_path, r.socket.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	assert_true(open_stage(&r, 1, NULL));
	supervise_close(s);
	f = fopen(r.socket.path, "w");
	fclose(f);
	assert_false(open_stage(&r, 1, NULL));
	unlink(r.socket.path);
	end(state);
}

/* The master of a play of its own, to be killed. */
static void be_a_master(void)
{
	struct supervise_role r = { .name = "sleeper",
		                    .program = "/bin/sleep",
		                    .argv = (const char *[]){ "sleep", "60",
		                                              NULL } };

	if (supervise_open(&r, 1, NULL, &s, NULL))
		supervise_run(s);
	_exit(1);
}

static void children_die_with_their_master(void **state)
{
	int status;
	pid_t master;

	begin(state);
	/* Orphans become ours, so that we see them end. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	master = fork();
	if (master == 0)
		be_a_master();
	wait_a_little(300);
	assert_int_equal(kill(master, SIGKILL), 0);
	assert_int_equal(waitpid(master, &status, 0), master);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	end(state);
}

TESTS(nobody_waits_for_who_always_dies,
      who_waits_hears_of_the_end_before_others_have_drained,
      a_second_socket_is_handed_over_as_well, who_died_is_started_again_at_once,
      a_door_starts_when_somebody_knocks, a_knock_outlives_the_one_it_was_for,
      who_always_dies_is_started_ever_more_slowly,
      a_program_that_is_not_there_dies_with_127,
      a_restart_lets_the_old_one_drain,
      at_the_end_the_patient_go_first_and_the_stubborn_are_killed,
      a_child_sees_a_clean_environment, a_role_runs_as_its_own_user,
      after_a_reload_the_same_stay_the_new_begin_the_others_end,
      a_second_master_is_refused, a_dead_masters_socket_is_replaced,
      children_die_with_their_master)
