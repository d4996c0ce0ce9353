/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of daemon_main.c: the order of steps, and the exit statuses. */
#include "tests/unit/region/config/fixture.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "region/ipc/daemon_main.h"

static struct fixture f;
static char steps[64];

static void append_step(const char *step)
{
	size_t length = strlen(steps);

	(void)snprintf(steps + length, sizeof(steps) - length, "%s ", step);
}

static void prepare(void)
{
	append_step("prepare");
}

static bool init(struct daemon *d, const struct config *cfg, struct error *err)
{
	(void)err;
	append_step(d->name ? d->name : cfg->name);
	append_step(d->listen_fd >= 0 ? "listens" : "no-socket");
	return true;
}

static bool init_fails(struct daemon *d, const struct config *cfg,
                       struct error *err)
{
	(void)d, (void)cfg;
	return error_set(err, ERROR_UNAVAILABLE, "not today");
}

static void run(struct daemon *d)
{
	(void)d;
	append_step("run");
}

static void stop_checks_steps(struct daemon *d)
{
	(void)d;
	_exit(text_equal(steps, "prepare notodden no-socket run ") ? 1 : 2);
}

static void stop_after_requests(struct daemon *d)
{
	(void)d;
	_exit(text_equal(steps, "notodden listens ") ? 1 : 2);
}

static int in_child(const struct daemon_program *program, const char *file,
                    const char *name)
{
	char *argv[] = { arena_strdup(f.arena, program->program),
		         arena_strdup(f.arena, "-c"),
		         arena_strdup(f.arena, file),
		         arena_strdup(f.arena, name), NULL };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)unsetenv("PORTVAKT_SUPERVISOR");
		(void)unsetenv("LISTEN_FDS");
		_exit(daemon_main(program, name ? 4 : 3, argv));
	}
	if (program->own_socket) {
		(void)usleep(500 * 1000);
		(void)kill(pid, SIGTERM);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void steps_run_in_order(void **state)
{
	const struct daemon_program program = { .program = "portvakt-x",
		                                .operand = "NAME",
		                                .prepare = prepare,
		                                .init = init,
		                                .run = run,
		                                .stop = stop_checks_steps };

	(void)state;
	assert_int_equal(
	    in_child(&program, fixture_path(&f, "region.conf"), "notodden"), 1);
}

static void a_daemon_started_alone_listens_until_sigterm(void **state)
{
	const struct daemon_program program = { .program = "portvakt-x",
		                                .operand = "NAME",
		                                .init = init,
		                                .role = "x",
		                                .own_socket = true,
		                                .connections = 1,
		                                .stop = stop_after_requests };

	(void)state;
	assert_int_equal(
	    in_child(&program, fixture_path(&f, "region.conf"), "notodden"), 1);
}

static void a_failed_start_exits_with_78(void **state)
{
	const struct daemon_program good = { .program = "portvakt-x",
		                             .run = run };
	const struct daemon_program fails = { .program = "portvakt-x",
		                              .init = init_fails,
		                              .run = run };
	const struct daemon_program socketless = { .program = "portvakt-x",
		                                   .role = "x",
		                                   .connections = 1 };
	const char *file = fixture_path(&f, "region.conf");

	(void)state;
	assert_int_equal(in_child(&good, file, NULL), 0);
	assert_int_equal(in_child(&good, "/no/such/file", NULL), 78);
	assert_int_equal(in_child(&fails, file, NULL), 78);
	assert_int_equal(in_child(&socketless, file, NULL), 78);
}

static void wrong_arguments_exit_with_64(void **state)
{
	const struct daemon_program plain = { .program = "portvakt-x",
		                              .run = run };
	const struct daemon_program named = { .program = "portvakt-x",
		                              .operand = "NAME",
		                              .run = run };
	const char *file = fixture_path(&f, "region.conf");

	(void)state;
	assert_int_equal(in_child(&plain, file, "notodden"), 64);
	assert_int_equal(in_child(&named, file, NULL), 64);
}

static int open_fixture(void **state)
{
	(void)state;
	f = fixture_open();
	config_unref(fixture_region(&f));
	fixture_put(
	    &f, "region.conf",
	    replaced(f.arena,
	             whole_file(f.arena, fixture_path(&f, "region.conf")),
	             "/run/portvakt", fixture_path(&f, "")));
	return 0;
}

static int close_fixture(void **state)
{
	(void)state;
	arena_close(f.arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_run_in_order),
		cmocka_unit_test(a_daemon_started_alone_listens_until_sigterm),
		cmocka_unit_test(a_failed_start_exits_with_78),
		cmocka_unit_test(wrong_arguments_exit_with_64),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_fixture,
	                                   close_fixture);
}
