/* SPDX-License-Identifier: AGPL-3.0-or-later
 * worker_pool_test.c: plugins that crash, loop, sleep, return undefined values
 * and try to leave the sandbox.  This program is also the worker, as in
 * portvakt-plugin-host. */
#include "tests/unit/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "idp/plugin_host/plugin.h"
#include "idp/plugin_host/plugin_worker.h"
#include "idp/plugin_host/worker_pool.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "region/ipc/ipc_client.h"
#include "region/policy/policy_context.h"
#include "tests/unit/region/config/fixture.h"

#define LATE_ARGUMENT "--late"

static const char *const plugins[] = {
	"good",  "crashes",  "loops",    "sleeps", "rubbish",
	"forks", "executes", "connects", "opens",  "hungry",
	"exits", "aborts",   "once",     "thief",  "early",
};

static struct fixture room;

static int build_plugins(void **state)
{
	(void)state;
	room = fixture_open();
	for (size_t i = 0; i < LENGTH(plugins); i++) {
		char *command = arena_printf(
		    room.arena,
		    "gcc -I. -O1 -fPIC -shared -o %s/%s.so tests/plugins/%s.c "
		    "&& chmod 644 %s/%s.so",
		    room.folder, plugins[i], plugins[i], room.folder,
		    plugins[i]);

		assert_int_equal(system(command), 0);
	}
	return 0;
}

static int remove_plugins(void **state)
{
	(void)state;
	arena_close(room.arena);
	return 0;
}

/* ---- requests */

static struct plugin_worker *worker_with(const char *first, char **names)
{
	struct plugin_worker *c = worker_open("tinn", "/proc/self/exe");
	char *arguments[24] = { (char[]){ "test" },
		                arena_strdup(room.arena, first),
		                arena_strdup(room.arena, room.folder),
		                arena_strdup(room.arena, room.folder) };

	for (size_t i = 0; names[i]; i++)
		arguments[4 + i] = names[i];
	worker_configure(c, arguments);
	return c;
}

static struct plugin_worker *worker_for(const char *name)
{
	char *names[] = { arena_strdup(room.arena, "good"),
		          arena_strdup(room.arena, name), NULL };

	if (text_equal(name, "good"))
		names[1] = NULL;
	return worker_with(PLUGIN_WORKER_ARGUMENT, names);
}

static struct plugin_question condition_request(const char *condition,
                                                const char *role)
{
	return (struct plugin_question){
		.condition = condition,
		.facts =
		    js_own(room.arena, json_pack("{s:[s], s:s}", "roles", role,
		                                 "municipality", "tinn")),
	};
}

static enum portvakt_verdict evaluate_one(struct plugin_worker *c,
                                          const char *condition,
                                          const char *role)
{
	const struct plugin_question question =
	    condition_request(condition, role);
	enum portvakt_verdict v = PORTVAKT_PERMIT;

	worker_evaluate(c, &question, 1, &v);
	return v;
}

/* In a sanitized build starting takes longer than the deadline of a request. */
static enum portvakt_verdict evaluate_until_answered(struct plugin_worker *c,
                                                     const char *condition,
                                                     const char *role)
{
	enum portvakt_verdict v = PORTVAKT_ERROR;

	for (int i = 0; v == PORTVAKT_ERROR && i < 50; i++)
		v = evaluate_one(c, condition, role);
	return v;
}

/* ---- results */

static void a_good_plugin_keeps_its_worker(void **state)
{
	struct plugin_worker *c = worker_for("good");

	(void)state;
	assert_int_equal(evaluate_until_answered(c, "good", "yes"),
	                 PORTVAKT_PERMIT);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(evaluate_one(c, "good", "yes"),
		                 PORTVAKT_PERMIT);
		assert_int_equal(evaluate_one(c, "good", "no"), PORTVAKT_DENY);
	}
	assert_int_equal(worker_start_count(c), 1);
	worker_close(c);
}

static const char *const bad_plugins[] = {
	"crashes",  "loops", "sleeps", "rubbish", "forks",  "executes",
	"connects", "opens", "hungry", "exits",   "aborts", "nowhere",
};

static void no_bad_plugin_ever_permits(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bad_plugins); i++) {
		bool loaded = !text_equal(bad_plugins[i], "nowhere");
		struct plugin_worker *c =
		    worker_for(loaded ? bad_plugins[i] : "good");

		for (int n = 0; n < 3; n++)
			if (evaluate_one(c, bad_plugins[i], "yes") ==
			    PORTVAKT_PERMIT)
				fail_msg("%s was permitted", bad_plugins[i]);
		/* the other condition still works */
		if (evaluate_until_answered(c, "good", "yes") !=
		    PORTVAKT_PERMIT)
			fail_msg("good beside %s", bad_plugins[i]);
		worker_close(c);
	}
}

static void a_loop_is_killed_at_the_deadline(void **state)
{
	struct plugin_worker *c = worker_for("loops");

	(void)state;
	assert_int_equal(evaluate_until_answered(c, "good", "yes"),
	                 PORTVAKT_PERMIT);
	int64_t before = clock_monotonic_ms();

	assert_int_equal(evaluate_one(c, "loops", "yes"), PORTVAKT_ERROR);
	int64_t took = clock_monotonic_ms() - before;

	if (took < WORKER_DEADLINE_MS - 1 || took > 10000)
		fail_msg("%lld ms", (long long)took);
	assert_int_equal(worker_start_count(c), 2);
	worker_close(c);
}

static void opening_a_file_fails_in_the_sandbox(void **state)
{
	struct plugin_worker *c = worker_for("opens");

	(void)state;
	assert_int_equal(evaluate_until_answered(c, "opens", "yes"),
	                 PORTVAKT_DENY);
	assert_int_equal(worker_start_count(c), 1);
	worker_close(c);
}

/* Loading a plugin executes its code. */
static void the_sandbox_covers_loading_a_plugin(void **state)
{
	struct plugin_worker *c = worker_for("early");

	(void)state;
	assert_int_equal(evaluate_until_answered(c, "early", "yes"),
	                 PORTVAKT_DENY);
	worker_close(c);
}

static void good_conditions_of_a_batch_are_retried(void **state)
{
	struct plugin_worker *c = worker_for("crashes");
	const struct plugin_question list[] = {
		condition_request("good", "yes"),
		condition_request("crashes", "yes"),
		condition_request("good", "yes"),
		condition_request("good", "no"),
	};
	enum portvakt_verdict v[4];

	(void)state;
	assert_int_equal(evaluate_until_answered(c, "good", "yes"),
	                 PORTVAKT_PERMIT);
	worker_evaluate(c, list, 4, v);
	assert_int_equal(v[0], PORTVAKT_PERMIT);
	assert_int_equal(v[1], PORTVAKT_ERROR);
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(v[2], PORTVAKT_PERMIT);
	assert_int_equal(v[3], PORTVAKT_DENY);
#endif
	assert_int_not_equal(v[3], PORTVAKT_PERMIT);
	worker_close(c);
}

static void a_crash_in_a_used_worker_is_retried_in_a_new_one(void **state)
{
	struct plugin_worker *c = worker_for("once");

	(void)state;
	assert_int_equal(evaluate_until_answered(c, "once", "yes"),
	                 PORTVAKT_PERMIT);
	assert_int_equal(evaluate_until_answered(c, "once", "yes"),
	                 PORTVAKT_PERMIT);
	assert_true(worker_start_count(c) >= 2);
	worker_close(c);
}

static void invalid_arguments_are_not_evaluated(void **state)
{
	struct plugin_worker *c = worker_for("good");
	static const char *const arguments[] = { "bad", NULL };
	struct plugin_question bad = condition_request("good", "yes");
	enum portvakt_verdict v = PORTVAKT_PERMIT;

	(void)state;
	assert_int_equal(evaluate_until_answered(c, "good", "yes"),
	                 PORTVAKT_PERMIT);
	bad.arguments = arguments;
	bad.arguments_count = 1;
	worker_evaluate(c, &bad, 1, &v);
	assert_int_equal(v, PORTVAKT_ERROR);
	worker_close(c);
}

/* A worker that responds to each request with the id of the previous one. */
static int late_main(void)
{
	json_object_seed(0);
	for (uint64_t last = PLUGIN_WORKER_READY;;) {
		struct arena *a = arena_open();
		json_t *yes = json_pack("{s:s}", "verdict", "permit"), *body;
		uint8_t kind;

		if (!ipc_frame_send(PLUGIN_WORKER_SOCKET,
		                    last == PLUGIN_WORKER_READY
		                        ? IPC_WORKER_READY
		                        : IPC_EVALUATE_ONE | IPC_REPLY,
		                    last, yes, NULL))
			return 0;
		if (last != PLUGIN_WORKER_READY &&
		    !ipc_frame_receive(a, PLUGIN_WORKER_SOCKET, -1, &kind,
		                       &last, &body, NULL))
			return 0;
		last = last == PLUGIN_WORKER_READY ? 7 : last;
		json_decref(yes);
		arena_close(a);
	}
}

static void a_response_to_another_request_is_rejected(void **state)
{
	char *none[] = { NULL };
	struct plugin_worker *c = worker_with(LATE_ARGUMENT, none);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(evaluate_one(c, "good", "yes"),
		                 PORTVAKT_ERROR);
	assert_true(worker_start_count(c) > 1);
	worker_close(c);
}

static void ten_crashes_stop_restarts_for_a_minute(void **state)
{
	struct plugin_worker *c = worker_for("crashes");

	(void)state;
	for (int i = 0; i < 200; i++)
		assert_int_equal(evaluate_one(c, "crashes", "yes"),
		                 PORTVAKT_ERROR);
	assert_int_equal(worker_start_count(c), WORKER_MAX_CRASHES);
	assert_int_equal(evaluate_one(c, "good", "yes"), PORTVAKT_ERROR);
	worker_close(c);
}

/* ---- ownership and permissions */

static void a_plugin_writable_by_others_is_not_loaded(void **state)
{
	const char *path = fixture_path(&room, "good.so");
	const char *link = fixture_path(&room, "link.so");
	const struct portvakt_plugin *p = NULL;
	struct error err = { 0 };

	(void)state;
	assert_true(
	    plugin_load(room.arena, room.folder, "good", "/", &p, &err));
	assert_int_equal(chmod(path, 0646), 0);
	assert_false(
	    plugin_load(room.arena, room.folder, "good", "/", &p, &err));
	assert_non_null(strstr(err.text, "is writable by group or others"));
	assert_int_equal(chmod(path, 0664), 0);
	assert_false(
	    plugin_load(room.arena, room.folder, "good", "/", &p, &err));
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(symlink(path, link), 0);
	assert_false(
	    plugin_load(room.arena, room.folder, "link", "/", &p, &err));
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_false(plugin_load(room.arena, room.folder, "good", "/",
		                         &p, &err));
		assert_non_null(strstr(err.text, "is not owned by"));
		assert_int_equal(chown(path, 0, 0), 0);
	}
}

static void a_plugin_defines_only_its_own_conditions(void **state)
{
	const struct portvakt_plugin *p = NULL;
	struct error err = { 0 };

	(void)state;
	assert_false(
	    plugin_load(room.arena, room.folder, "thief", "/", &p, &err));
	assert_non_null(strstr(err.text, "must be named"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_plugin_keeps_its_worker),
		cmocka_unit_test(no_bad_plugin_ever_permits),
		cmocka_unit_test(a_loop_is_killed_at_the_deadline),
		cmocka_unit_test(opening_a_file_fails_in_the_sandbox),
		cmocka_unit_test(the_sandbox_covers_loading_a_plugin),
		cmocka_unit_test(good_conditions_of_a_batch_are_retried),
		cmocka_unit_test(
		    a_crash_in_a_used_worker_is_retried_in_a_new_one),
		cmocka_unit_test(invalid_arguments_are_not_evaluated),
		cmocka_unit_test(a_response_to_another_request_is_rejected),
		cmocka_unit_test(ten_crashes_stop_restarts_for_a_minute),
		cmocka_unit_test(a_plugin_writable_by_others_is_not_loaded),
		cmocka_unit_test(a_plugin_defines_only_its_own_conditions),
	};

	if (argc > 1 && text_equal(argv[1], PLUGIN_WORKER_ARGUMENT))
		return plugin_worker_main(argc, argv);
	if (argc > 1 && text_equal(argv[1], LATE_ARGUMENT))
		return late_main();
	log_open("child_test");
	return cmocka_run_group_tests_name(__FILE__, tests, build_plugins,
	                                   remove_plugins);
}
