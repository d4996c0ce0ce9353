/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of daemon_main.c: the order of steps, and the exit statuses. */
#include "tests/unit/region/config/fixture.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "region/ipc/daemon_confine.h"

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

/* No daemon runs as root: its child changes to a user, unless the test is of
 * root itself. */
enum { TEST_USER = 65534 };

static bool as_root;

static void change_user(void)
{
	if (geteuid() == 0 && !as_root && setuid(TEST_USER) != 0)
		abort();
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
		change_user();
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

static void run_unless_root(struct daemon *d)
{
	(void)d;
	if (geteuid() == 0)
		_exit(3);
}

static void root_starts_only_a_supervisor_and_it_is_root_no_more(void **state)
{
	static const char *const existing[] = { "daemon", "bin", NULL };
	static const char *const missing[] = { "daemon", "portvakt-none",
		                               NULL };
	static const struct identity_names good_names = { "nobody", existing,
		                                          NULL };
	static const struct identity_names bad_names = { "nobody", missing,
		                                         NULL };
	const struct daemon_program daemon = { .program = "portvakt-x",
		                               .run = run };
	const struct daemon_program good = { .program = "portvakt-x",
		                             .is_supervisor = true,
		                             .names = &good_names,
		                             .run = run_unless_root };
	const struct daemon_program lacks_one = { .program = "portvakt-x",
		                                  .is_supervisor = true,
		                                  .names = &bad_names,
		                                  .run = run };
	const char *file = fixture_path(&f, "region.conf");

	(void)state;
	if (geteuid() != 0)
		skip();
	as_root = true;
	assert_int_equal(in_child(&daemon, file, NULL), 77);
	assert_int_equal(in_child(&good, file, NULL), 0);
	assert_int_equal(in_child(&lacks_one, file, NULL), 77);
	as_root = false;
	assert_int_equal(in_child(&daemon, file, NULL), 0);
	assert_int_equal(in_child(&lacks_one, file, NULL), 0);
}

static void state_of_another_user_stops_the_start(void **state)
{
	const struct daemon_program program = { .program = "portvakt-x",
		                                .state = "x",
		                                .run = run };
	const char *file = fixture_path(&f, "region.conf");
	const char *within = fixture_path(&f, "state/x/issuer/key");

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(&program, file, NULL), 0);
	assert_int_equal(access(fixture_path(&f, "state/x"), F_OK), 0);
	fixture_put(&f, "state/x/issuer/key", "made by root in a restore");
	assert_int_equal(in_child(&program, file, NULL), 78);
	assert_int_equal(chown(within, TEST_USER, TEST_USER), 0);
	assert_int_equal(
	    chown(fixture_path(&f, "state/x/issuer"), TEST_USER, TEST_USER), 0);
	assert_int_equal(in_child(&program, file, NULL), 0);
}

static int open_fixture(void **state)
{
	(void)state;
	f = fixture_open();
	config_unref(fixture_region(&f));
	const char *text = whole_file(f.arena, fixture_path(&f, "region.conf"));

	text = replaced(f.arena, text, "/run/portvakt", f.folder);
	text = replaced(f.arena, text, "/var/lib/portvakt",
	                fixture_path(&f, "state"));
	fixture_put(&f, "region.conf", text);
	return geteuid() == 0 ? system(arena_printf(f.arena, "chown -R %d '%s'",
	                                            TEST_USER, f.folder))
	                      : 0;
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
		cmocka_unit_test(
		    root_starts_only_a_supervisor_and_it_is_root_no_more),
		cmocka_unit_test(state_of_another_user_stops_the_start),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_fixture,
	                                   close_fixture);
}
