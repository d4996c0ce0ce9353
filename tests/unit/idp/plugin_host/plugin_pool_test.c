/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_pool_test.c: plugins that crash, loop, sleep, return undefined values
 * and try to leave the sandbox; overload; data; and the log.  This program is
 * also the worker, as in portvakt-plugin-host. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idp/plugin_host/plugin_pool.h"
#include "idp/plugin_host/plugin_worker.h"
#include "idp/plugin_host/worker_process.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "region/ipc/ipc_client.h"
#include "tests/unit/region/config/fixture.h"

#define LATE_ARGUMENT "--late"

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static const char *const plugins[] = {
	"good",     "crashes",  "loops", "sleeps", "rubbish", "forks",
	"executes", "connects", "opens", "hungry", "exits",   "aborts",
	"once",     "thief",    "early", "slow",   "waits",   "personal",
	"signals",  "writes",   "table",
};

static struct fixture room;

static void build(const char *name, const char *source, const char *more)
{
	char *command = arena_printf(
	    room.arena,
	    "gcc -I. -O1 -w -fPIC -shared %s -o %s/%s.so tests/plugins/%s.c && "
	    "chmod 644 %s/%s.so",
	    more, room.folder, name, source, room.folder, name);

	assert_int_equal(system(command), 0);
}

static int build_plugins(void **state)
{
	(void)state;
	room = fixture_open();
	for (size_t i = 0; i < LENGTH(plugins); i++)
		build(plugins[i], plugins[i], "");
	return 0;
}

static int remove_plugins(void **state)
{
	(void)state;
	arena_close(room.arena);
	return 0;
}

/* ---- requests */

static struct plugin_pool *pool_with(const char *argument, const char *name,
                                     const char *data, int workers)
{
	const struct plugin_pool_options options = {
		.program = "/proc/self/exe",
		.argument = argument,
		.plugin_host = "tinn",
		.plugin = name,
		.workers = workers,
	};
	const char *path =
	    fixture_path(&room, arena_printf(room.arena, "%s.so", name));
	struct plugin_image image;
	struct error err = { 0 };

	if (!plugin_image_open(&image, path, data, &err))
		fail_msg("%s", err.text);
	return plugin_pool_open(&options, &image);
}

static struct plugin_pool *pool_for(const char *name)
{
	return pool_with(PLUGIN_WORKER_ARGUMENT, name, NULL, 1);
}

static struct plugin_question question_of(const char *condition,
                                          const char *role,
                                          const char *affiliation)
{
	return (struct plugin_question){
		.condition = condition,
		.facts =
		    js_own(room.arena, json_pack("{s:[s], s:s, s:s}", "roles",
		                                 role, "municipality", "tinn",
		                                 "affiliation", affiliation)),
	};
}

static enum ipc_verdict ask(struct plugin_pool *p, const char *condition,
                            const char *role, const char *affiliation)
{
	const struct plugin_question question =
	    question_of(condition, role, affiliation);

	return plugin_pool_evaluate(p, &question);
}

/* On a busy machine a question can be late. */
static enum ipc_verdict ask_until_answered(struct plugin_pool *p,
                                           const char *condition,
                                           const char *role,
                                           const char *affiliation)
{
	enum ipc_verdict v = IPC_VERDICT_ERROR;

	for (int i = 0;
	     i < 200 && (v == IPC_VERDICT_ERROR || v == IPC_VERDICT_BUSY);
	     i++) {
		(void)usleep(i > 0 ? 10000 : 0);
		v = ask(p, condition, role, affiliation);
	}
	return v;
}

static struct plugin_pool_status status_of(struct plugin_pool *p)
{
	struct plugin_pool_status status;

	plugin_pool_read_status(p, room.arena, &status);
	return status;
}

static void become_ready(struct plugin_pool *p)
{
	struct error err = { 0 };

	if (!plugin_pool_ready(p, &err))
		fail_msg("%s", err.text);
}

/* ---- results */

static void a_good_plugin_keeps_its_worker(void **state)
{
	struct plugin_pool *p = pool_for("good");

	(void)state;
	become_ready(p);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(ask_until_answered(p, "good", "yes", "a"),
		                 IPC_VERDICT_PERMIT);
		assert_int_equal(ask_until_answered(p, "good", "no", "a"),
		                 IPC_VERDICT_DENY);
	}
	assert_int_equal(status_of(p).starts, 1);
	plugin_pool_unref(p);
}

static const char *const bad_plugins[] = {
	"crashes",  "loops", "sleeps", "rubbish", "forks",  "executes",
	"connects", "opens", "hungry", "exits",   "aborts", "signals",
};

static void no_bad_plugin_ever_permits(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bad_plugins); i++) {
		struct plugin_pool *p = pool_for(bad_plugins[i]);
		const char *who[] = { "a", "a", "b" };

		become_ready(p);
		for (size_t n = 0; n < LENGTH(who); n++) {
			enum ipc_verdict v =
			    ask(p, bad_plugins[i], "yes", who[n]);

			if (v == IPC_VERDICT_PERMIT || v == IPC_VERDICT_STEP_UP)
				fail_msg("%s: %d", bad_plugins[i], v);
		}
		plugin_pool_unref(p);
	}
}

static void a_loop_is_killed_at_the_deadline(void **state)
{
	struct plugin_pool *p = pool_for("loops");

	(void)state;
	become_ready(p);
	int64_t before = clock_monotonic_ms();

	assert_int_equal(ask(p, "loops", "yes", "a"), IPC_VERDICT_ERROR);
	int64_t took = clock_monotonic_ms() - before;

	if (took < WORKER_DEADLINE_MS - 1 || took > 10000)
		fail_msg("%lld ms", (long long)took);
	plugin_pool_unref(p);
}

static void opening_a_file_fails_in_the_sandbox(void **state)
{
	struct plugin_pool *p = pool_for("opens");

	(void)state;
	become_ready(p);
	assert_int_equal(ask_until_answered(p, "opens", "yes", "a"),
	                 IPC_VERDICT_DENY);
	assert_int_equal(status_of(p).starts, 1);
	plugin_pool_unref(p);
}

/* Loading a plugin executes its code. */
static void the_sandbox_is_locked_before_a_plugin_is_loaded(void **state)
{
	struct plugin_pool *p = pool_for("early");

	(void)state;
	become_ready(p);
	assert_int_equal(ask_until_answered(p, "early", "yes", "a"),
	                 IPC_VERDICT_DENY);
	plugin_pool_unref(p);
}

static void a_worker_has_its_socket_and_its_log_and_no_more(void **state)
{
	struct plugin_pool *p = pool_for("good");
	char line[256];

	(void)state;
	become_ready(p);
	FILE *list = popen(arena_printf(room.arena,
	                                "for p in $(pgrep -P %d -f -- "
	                                "'--caged$'); do ls /proc/$p/fd | tr "
	                                "'\\n' ' '; done",
	                                (int)getpid()),
	                   "r");

	assert_non_null(fgets(line, sizeof(line), list));
	(void)pclose(list);
	assert_string_equal(line, "1 2 3 ");
	plugin_pool_unref(p);
}

static void a_crash_in_a_used_worker_is_retried_in_a_new_one(void **state)
{
	struct plugin_pool *p = pool_for("once");

	(void)state;
	become_ready(p);
	assert_int_equal(ask_until_answered(p, "once", "yes", "a"),
	                 IPC_VERDICT_PERMIT);
	assert_int_equal(ask_until_answered(p, "once", "yes", "a"),
	                 IPC_VERDICT_PERMIT);
	assert_true(status_of(p).starts >= 2);
	assert_int_equal(status_of(p).refused, 0);
	plugin_pool_unref(p);
}

static void invalid_arguments_are_not_evaluated(void **state)
{
	struct plugin_pool *p = pool_for("good");
	static const char *const arguments[] = { "bad", NULL };
	struct plugin_question bad = question_of("good", "yes", "a");

	(void)state;
	bad.arguments = arguments;
	bad.arguments_count = 1;
	become_ready(p);
	assert_int_equal(plugin_pool_evaluate(p, &bad), IPC_VERDICT_ERROR);
	plugin_pool_unref(p);
}

static void a_plugin_validates_the_arguments_of_a_configuration(void **state)
{
	struct plugin_pool *p = pool_for("good");
	static const char *const arguments[] = { "bad", NULL };
	struct error err = { 0 };
	size_t argument = 0;

	(void)state;
	assert_true(
	    plugin_pool_validate(p, "good", arguments, 0, &argument, &err));
	assert_false(
	    plugin_pool_validate(p, "good", arguments, 1, &argument, &err));
	assert_int_equal(argument, 1);
	assert_string_equal(err.text, "good expects anything but \"bad\"");
	assert_false(plugin_pool_validate(p, "good-other", arguments, 0,
	                                  &argument, &err));
	assert_int_equal(argument, 0);
	assert_non_null(strstr(err.text, "it has no condition"));
	plugin_pool_unref(p);
}

/* ---- a death belongs to one question */

static void a_death_is_remembered_for_one_person_and_condition(void **state)
{
	struct plugin_pool *p = pool_for("personal");

	(void)state;
	become_ready(p);
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask(p, "personal", "yes", "cursed"),
		                 IPC_VERDICT_ERROR);
	/* Asked once, and once more in a new worker; then not again. */
	assert_true(status_of(p).deaths <= 2);
	assert_int_equal(status_of(p).refused, 1);
	for (int i = 0; i < 20; i++)
		assert_int_equal(
		    ask_until_answered(p, "personal", "yes", "another"),
		    IPC_VERDICT_PERMIT);
	plugin_pool_unref(p);
}

static void other_arguments_are_another_question(void **state)
{
	struct plugin_pool *p = pool_for("personal");
	static const char *const arguments[] = { "other", NULL };
	struct plugin_question other = question_of("personal", "yes", "cursed");

	(void)state;
	become_ready(p);
	assert_int_equal(ask(p, "personal", "yes", "cursed"),
	                 IPC_VERDICT_ERROR);
	long before = status_of(p).deaths;

	other.arguments = arguments;
	other.arguments_count = 1;
	assert_int_equal(plugin_pool_evaluate(p, &other), IPC_VERDICT_ERROR);
	assert_true(status_of(p).deaths > before);
	plugin_pool_unref(p);
}

/* ---- overload */

enum { CLIENTS = 24, QUESTIONS_EACH = 40 };

struct crowd {
	struct plugin_pool *pool;
	pthread_mutex_t lock;
	int permitted, busy, other;
};

static void *crowd_ask(void *data)
{
	struct crowd *c = data;

	for (int i = 0; i < QUESTIONS_EACH; i++) {
		struct arena *a = arena_open();
		const struct plugin_question question = {
			.condition = "slow",
			.facts =
			    js_own(a, json_pack("{s:s}", "affiliation", "a")),
		};
		enum ipc_verdict v = plugin_pool_evaluate(c->pool, &question);

		(void)pthread_mutex_lock(&c->lock);
		c->permitted += v == IPC_VERDICT_PERMIT;
		c->busy += v == IPC_VERDICT_BUSY;
		c->other += v != IPC_VERDICT_PERMIT && v != IPC_VERDICT_BUSY;
		(void)pthread_mutex_unlock(&c->lock);
		arena_close(a);
	}
	return NULL;
}

static void overload_is_busy_and_kills_no_worker(void **state)
{
	struct crowd c = { .pool = pool_for("slow"),
		           .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t threads[CLIENTS];

	(void)state;
	become_ready(c.pool);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, crowd_ask, &c), 0);
	for (int i = 0; i < CLIENTS; i++)
		(void)pthread_join(threads[i], NULL);
	assert_true(c.permitted > 0);
	assert_true(c.busy > 0);
	assert_int_equal(c.permitted + c.busy + c.other,
	                 CLIENTS * QUESTIONS_EACH);
	assert_int_equal(status_of(c.pool).busy, c.busy);
	/* A machine that is very slow makes a question late, no worker. */
	assert_int_equal(status_of(c.pool).deaths, 0);
	assert_int_equal(status_of(c.pool).starts, 1);
	assert_int_equal(ask_until_answered(c.pool, "slow", "", "a"),
	                 IPC_VERDICT_PERMIT);
	plugin_pool_unref(c.pool);
}

static void a_late_answer_is_discarded_and_its_worker_goes_on(void **state)
{
	struct plugin_pool *p = pool_for("waits");

	(void)state;
	become_ready(p);
	for (int i = 0; i < 4; i++) {
		enum ipc_verdict v = ask(p, "waits", "yes", "a");

		assert_true(v == IPC_VERDICT_ERROR || v == IPC_VERDICT_BUSY);
	}
	assert_int_equal(status_of(p).deaths, 0);
	assert_int_equal(status_of(p).starts, 1);
	plugin_pool_unref(p);
}

/* ---- a worker that answers another request */

/* A worker that responds to each request with the id of the previous one. */
static int late_main(void)
{
	json_object_seed(0);
	for (uint64_t last = 0;;) {
		struct arena *a = arena_open();
		json_t *yes = json_pack("{s:s}", "verdict", "permit");
		uint8_t kind;
		uint64_t id;
		json_t *body;

		if (!ipc_frame_receive(a, PLUGIN_WORKER_SOCKET, -1, &kind, &id,
		                       &body, NULL))
			return 0;
		if (kind == IPC_WORKER_START) {
			json_object_clear(yes);
			last = id;
		}
		if (!ipc_frame_send(PLUGIN_WORKER_SOCKET, kind | IPC_REPLY,
		                    last, yes, NULL))
			return 0;
		last = id;
		json_decref(yes);
		arena_close(a);
	}
}

static void a_response_to_another_request_is_rejected(void **state)
{
	struct plugin_pool *p = pool_with(LATE_ARGUMENT, "good", NULL, 1);

	(void)state;
	become_ready(p);
	for (int i = 0; i < 5; i++)
		assert_int_equal(
		    ask(p, "good", "yes", arena_printf(room.arena, "%d", i)),
		    IPC_VERDICT_ERROR);
	assert_true(status_of(p).starts > 1);
	plugin_pool_unref(p);
}

/* ---- data */

static void data_is_read_only_memory(void **state)
{
	const char *data = fixture_path(&room, "rota");

	(void)state;
	fixture_put(&room, "rota", "anne\nwriter\n");
	struct plugin_pool *p =
	    pool_with(PLUGIN_WORKER_ARGUMENT, "table", data, 1);

	become_ready(p);
	assert_int_equal(ask_until_answered(p, "table", "", "anne"),
	                 IPC_VERDICT_PERMIT);
	assert_int_equal(ask_until_answered(p, "table", "", "bjarne"),
	                 IPC_VERDICT_DENY);
	/* The one that writes to it ends. */
	assert_int_equal(ask(p, "table", "", "writer"), IPC_VERDICT_ERROR);
	assert_string_equal(status_of(p).release, "1.2");
	/* It is a copy: the file has no effect any more. */
	fixture_put(&room, "rota", "bjarne\n");
	assert_int_equal(ask_until_answered(p, "table", "", "bjarne"),
	                 IPC_VERDICT_DENY);
	plugin_pool_unref(p);
}

static void a_plugin_refuses_data_and_its_own_test(void **state)
{
	static const struct {
		const char *data, *sentence;
	} cases[] = {
		{ "broken", "prepare failed: line 1 is broken" },
		{ "untested", "its self-test failed: untested line" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct error err = { 0 };

		fixture_put(&room, "rota", cases[i].data);
		struct plugin_pool *p =
		    pool_with(PLUGIN_WORKER_ARGUMENT, "table",
		              fixture_path(&room, "rota"), 1);

		assert_false(plugin_pool_ready(p, &err));
		assert_string_equal(err.text, cases[i].sentence);
		plugin_pool_unref(p);
	}
}

/* ---- bad candidates */

static const struct {
	const char *sentence;
	bool needs_limit; /* of memory, which a sanitized worker has not */
} candidates[] = {
	[1] = { "its interface has version 9; this program has 1 and 2" },
	{ "it does not export portvakt_plugin" },
	{ "undefined symbol: no_such_function" },
	{ "its portvakt_plugin has the name \"another\"" },
	{ "it ended in prepare (" },
	{ "it did not end within 1000 ms in prepare" },
	{ "it needs more memory than the 96 MiB of a worker in prepare", true },
	{ "it ended while it was loaded (" },
	/* A sanitized worker's fork() makes another call before. */
	{ "it ended while it was loaded (system call " },
	{ "its self-test failed: two and two are five" },
};

static void each_bad_candidate_has_its_sentence(void **state)
{
	(void)state;
	for (size_t i = 1; i < LENGTH(candidates); i++) {
		struct error err = { 0 };

		if (SANITIZED && candidates[i].needs_limit)
			continue;
		build("candidate", "candidate",
		      arena_printf(room.arena, "-DBAD=%zu", i));
		struct plugin_pool *p = pool_for("candidate");

		if (plugin_pool_ready(p, &err) ||
		    !strstr(err.text, candidates[i].sentence))
			fail_msg("%zu: %s", i, err.text);
		plugin_pool_unref(p);
	}
}

static void a_plugin_defines_only_its_own_conditions(void **state)
{
	struct plugin_pool *p = pool_for("thief");
	struct error err = { 0 };

	(void)state;
	assert_false(plugin_pool_ready(p, &err));
	assert_string_equal(err.text, "its condition \"between\" must be named "
	                              "thief or thief-NAME");
	plugin_pool_unref(p);
}

/* ---- the log */

/* Returns what is written to standard error meanwhile. */
static char *log_of(void (*run)(void))
{
	const char *path = fixture_path(&room, "log");
	int old = dup(STDERR_FILENO);
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(file >= 0 && dup2(file, STDERR_FILENO) >= 0);
	run();
	(void)dup2(old, STDERR_FILENO);
	(void)close(old);
	(void)close(file);
	return whole_file(room.arena, path);
}

static void write_log(void)
{
	struct plugin_pool *p = pool_for("writes");

	become_ready(p);
	for (int i = 0; i < 3; i++)
		(void)ask(p, "writes", "yes", "a");
	plugin_pool_unref(p);
}

static void a_plugin_writes_labelled_lines_and_forges_none(void **state)
{
	char *text = log_of(write_log);
	size_t lines = 0;

	(void)state;
	assert_non_null(strstr(text, "plugin_host=tinn plugin=writes"));
	assert_non_null(strstr(text, "text=plain"));
	assert_non_null(strstr(text, "text=\"<3>forged time=x "
	                             "program=portvakt-web\\x1b[2J end\\\"\""));
	assert_null(strstr(text, "\n<3>forged"));
	assert_non_null(strstr(text, "plugin.log_dropped"));
	for (const char *at = text; (at = strstr(at, ">plugin.log ")); at++)
		lines++;
	assert_in_range(lines, 3, 60);
}

static void write_repeats(void)
{
	struct plugin_pool *p = pool_for("repeats");

	become_ready(p);
	(void)ask(p, "repeats", "yes", "a");
	plugin_pool_unref(p);
}

static void a_repeated_line_is_one_line_with_its_count(void **state)
{
	(void)state;
	build("repeats", "behaviours", "'-DNAME=\"repeats\"'");
	const char *text = log_of(write_repeats);
	const char *first = strstr(text, ">plugin.log ");

	assert_non_null(first);
	assert_null(strstr(first + 1, ">plugin.log "));
	assert_non_null(strstr(first, " times=100 text=\"the same line\""));
}

/* ---- ownership and permissions */

static void open_fails_with(const char *path, const char *sentence)
{
	struct error err = { 0 };

	assert_false(plugin_check_library(path, &err));
	if (!strstr(err.text, sentence))
		fail_msg("%s", err.text);
}

static void a_plugin_writable_by_others_is_not_loaded(void **state)
{
	const char *path = fixture_path(&room, "good.so");
	const char *link = fixture_path(&room, "link.so");

	(void)state;
	open_fails_with(fixture_path(&room, "missing.so"),
	                "No such file or directory");
	assert_int_equal(chmod(path, 0646), 0);
	open_fails_with(path, "is writable by group or others");
	assert_int_equal(chmod(path, 0664), 0);
	open_fails_with(path, "is writable by group or others");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(symlink(path, link), 0);
	open_fails_with(link, "it is a symbolic link");
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 65534, 65534), 0);
		open_fails_with(path, "is not owned by");
		assert_int_equal(chown(path, 0, 0), 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_plugin_keeps_its_worker),
		cmocka_unit_test(no_bad_plugin_ever_permits),
		cmocka_unit_test(a_loop_is_killed_at_the_deadline),
		cmocka_unit_test(opening_a_file_fails_in_the_sandbox),
		cmocka_unit_test(
		    the_sandbox_is_locked_before_a_plugin_is_loaded),
		cmocka_unit_test(
		    a_worker_has_its_socket_and_its_log_and_no_more),
		cmocka_unit_test(
		    a_crash_in_a_used_worker_is_retried_in_a_new_one),
		cmocka_unit_test(invalid_arguments_are_not_evaluated),
		cmocka_unit_test(
		    a_plugin_validates_the_arguments_of_a_configuration),
		cmocka_unit_test(
		    a_death_is_remembered_for_one_person_and_condition),
		cmocka_unit_test(other_arguments_are_another_question),
		cmocka_unit_test(overload_is_busy_and_kills_no_worker),
		cmocka_unit_test(
		    a_late_answer_is_discarded_and_its_worker_goes_on),
		cmocka_unit_test(a_response_to_another_request_is_rejected),
		cmocka_unit_test(data_is_read_only_memory),
		cmocka_unit_test(a_plugin_refuses_data_and_its_own_test),
		cmocka_unit_test(each_bad_candidate_has_its_sentence),
		cmocka_unit_test(a_plugin_defines_only_its_own_conditions),
		cmocka_unit_test(
		    a_plugin_writes_labelled_lines_and_forges_none),
		cmocka_unit_test(a_repeated_line_is_one_line_with_its_count),
		cmocka_unit_test(a_plugin_writable_by_others_is_not_loaded),
	};

	if (argc > 1 && text_equal(argv[1], PLUGIN_WORKER_ARGUMENT))
		return plugin_worker_main();
	if (argc > 1 && text_equal(argv[1], LATE_ARGUMENT))
		return late_main();
	log_open("pool_test");
	return cmocka_run_group_tests_name(__FILE__, tests, build_plugins,
	                                   remove_plugins);
}
