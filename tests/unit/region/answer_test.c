/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_server.c: access, choice of configuration, shutdown. */
#include "tests/unit/region/fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "region/answer.h"
#include "region/ask.h"

static struct fixture f;
static char conf[65];
static const char *socket_path; /* for threads: an arena is for one thread */

static bool handle_echo(const struct question *q, json_t **ret_answer,
                        struct fault *why)
{
	(void)why;
	*ret_answer = js_keep(q->arena, json_pack("{s:I, s:s}", "n",
	                                          js_number(q->body, "n", 0),
	                                          "region", q->region->name));
	return true;
}

static bool handle_slowly(const struct question *q, json_t **ret_answer,
                          struct fault *why)
{
	(void)usleep(300 * 1000);
	return handle_echo(q, ret_answer, why);
}

static bool handle_refused(const struct question *q, json_t **ret_answer,
                           struct fault *why)
{
	(void)q, (void)ret_answer;
	return fault_for(why, FAULT_REFUSED, "network", "not from there");
}

static bool handle_too_large(const struct question *q, json_t **ret_answer,
                             struct fault *why)
{
	char *large = arena_alloc(q->arena, ASK_MOST + 1);

	(void)why;
	memset(large, 'x', ASK_MOST);
	*ret_answer = js_keep(q->arena, json_pack("{s:s}", "w", large));
	return true;
}

static bool handle_command(const struct question *q, json_t **ret_answer,
                           struct fault *why)
{
	const json_t *words = js_array(q->body, "words");

	(void)ret_answer;
	for (size_t i = 0; i < json_array_size(words); i++)
		answer_line(q, "%zu: %s", i,
		            json_string_value(json_array_get(words, i)));
	return json_array_size(words) < 3 ||
	       fault(why, FAULT_INVALID, "too many words");
}

static const struct answer_row rows[] = {
	{ ASK_SUBJECT, handle_echo },  { ASK_PROVE, handle_slowly },
	{ ASK_JUDGE, handle_refused }, { ASK_FIND, handle_too_large },
	{ ASK_DO, handle_command },
};

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 64), 0);
	(void)chmod(path, 0666);
	(void)chmod(f.folder, 0755);
	return fd;
}

static int open_all(void **state)
{
	struct fault why = { 0 };
	struct region *r;

	(void)state;
	f = fixture_open();
	socket_path = fixture_path(&f, "s");
	if (!snapshot_open(fixture_example(&f), &why))
		fail_msg("%s", why.text);
	r = snapshot_current();
	memcpy(conf, r->hash, sizeof(conf));
	region_release(r);
	assert_true(answer_start(listen_at(fixture_path(&f, "s")), -1, "tester",
	                         rows, LENGTH(rows), 3, NULL));
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	arena_close(f.arena);
	return 0;
}

static json_t *call(struct ask *k, enum kind_of_question kind, const char *by,
                    long long n, struct fault *why)
{
	json_t *question = js_keep(f.arena, json_pack("{s:I}", "n", n));
	json_t *answer = NULL;

	*why = (struct fault){ 0 };
	return ask(k, f.arena, kind, by, question, &answer, why) ? answer
	                                                         : NULL;
}

static struct ask *new_client(int slots)
{
	return ask_open(socket_path, slots, 2000);
}

static void a_request_uses_the_callers_configuration(void **state)
{
	struct ask *k = new_client(1);
	struct fault why;
	json_t *answer = call(k, ASK_SUBJECT, conf, 42, &why);

	(void)state;
	if (!answer)
		fail_msg("%s", why.text);
	assert_int_equal(js_number(answer, "n", 0), 42);
	assert_non_null(js_string(answer, "region"));
	assert_null(call(k, ASK_SUBJECT, "0123456789abcdef", 1, &why));
	assert_int_equal(why.kind, FAULT_UNAVAILABLE);
	assert_null(call(k, ASK_SUBJECT, "", 1, &why));
	assert_null(call(k, ASK_SUBJECT, NULL, 1, &why));
	ask_close(k);
}

static void a_type_without_a_handler_is_refused(void **state)
{
	struct ask *k = new_client(1);
	struct fault why;

	(void)state;
	assert_null(call(k, ASK_SIGN_TOKEN, conf, 1, &why));
	assert_int_equal(why.kind, FAULT_REFUSED);
	assert_null(call(k, ASK_JUDGE, conf, 1, &why));
	assert_int_equal(why.kind, FAULT_REFUSED);
	assert_string_equal(why.reason, "network");
	assert_string_equal(why.text, "not from there");
	/* A reply over the frame limit is an error, not a timeout. */
	assert_null(call(k, ASK_FIND, conf, 1, &why));
	assert_int_equal(why.kind, FAULT_INVALID);
	ask_close(k);
}

static void every_process_returns_its_status(void **state)
{
	struct ask *k = new_client(1);
	struct fault why;
	json_t *answer = call(k, ASK_STATUS, NULL, 0, &why);

	(void)state;
	assert_non_null(answer);
	assert_string_equal(js_string(answer, "name"), "tester");
	assert_int_equal(js_number(answer, "pid", 0), getpid());
	assert_string_equal(js_string(answer, "hash"), conf);
	assert_in_range(js_number(answer, "since", 0), clock_now() - 60,
	                clock_now());
	ask_close(k);
}

static void a_reload_is_prepared_then_activated(void **state)
{
	struct ask *k = new_client(1);
	struct fault why;
	char *text = whole_file(f.arena, fixture_path(&f, "region.conf"));

	(void)state;
	fixture_put(&f, "region.conf", replaced(f.arena, text, "30m", "29m"));
	json_t *answer = call(k, ASK_PREPARE, NULL, 0, &why);

	if (!answer)
		fail_msg("%s", why.text);
	const char *hash = js_string(answer, "hash");

	assert_int_equal(strlen(hash), 64);
	assert_string_not_equal(hash, conf);
	json_t *activate = js_keep(f.arena, json_pack("{s:s}", "hash", "0000"));

	assert_false(
	    ask(k, f.arena, ASK_ACTIVATE, NULL, activate, &answer, &why));
	js_put(activate, "hash", hash);
	assert_true(
	    ask(k, f.arena, ASK_ACTIVATE, NULL, activate, &answer, &why));
	/* The previous configuration is still accepted. */
	assert_non_null(call(k, ASK_SUBJECT, conf, 1, &why));
	assert_non_null(call(k, ASK_SUBJECT, hash, 1, &why));
	/* An invalid file changes nothing. */
	fixture_put(&f, "region.conf", "region {");
	assert_null(call(k, ASK_PREPARE, NULL, 0, &why));
	assert_int_equal(why.kind, FAULT_INVALID);
	assert_non_null(call(k, ASK_SUBJECT, hash, 1, &why));
	fixture_put(&f, "region.conf", text);
	ask_close(k);
}

/* Five clients keep connections open where three are allowed. */
static void an_idle_connection_is_closed_for_a_new_one(void **state)
{
	struct ask *askers[5];
	struct fault why;

	(void)state;
	for (int i = 0; i < 5; i++)
		askers[i] = new_client(1);
	for (int round = 0; round < 20; round++) {
		json_t *answer =
		    call(askers[round % 5], ASK_SUBJECT, conf, round, &why);

		if (!answer)
			fail_msg("round %d: %s", round, why.text);
		assert_int_equal(js_number(answer, "n", -1), round);
	}
	for (int i = 0; i < 5; i++)
		ask_close(askers[i]);
}

enum { CLIENTS = 8, EACH = 100 };

static void *call_many(void *wrong)
{
	struct ask *k = new_client(2);
	struct arena *a = arena_open();

	for (int i = 0; i < EACH; i++) {
		json_t *answer,
		    *question = js_keep(a, json_pack("{s:i}", "n", i));

		if (!ask(k, a, ASK_SUBJECT, conf, question, &answer, NULL) ||
		    js_number(answer, "n", -1) != i)
			(*(int *)wrong)++;
	}
	arena_close(a);
	ask_close(k);
	return NULL;
}

static void concurrent_clients_get_their_own_replies(void **state)
{
	pthread_t threads[CLIENTS];
	int wrong[CLIENTS] = { 0 };

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, call_many, &wrong[i]), 0);
	for (int i = 0; i < CLIENTS; i++) {
		(void)pthread_join(threads[i], NULL);
		assert_int_equal(wrong[i], 0);
	}
}

static void a_malformed_frame_closes_only_its_connection(void **state)
{
	static const char *const frames[] = { "x", "\1\1\1\1\1\1\1\1\1\1[]",
		                              "\2234567890{}",
		                              "a line of plain text" };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct ask *k = new_client(1);
	struct fault why;

	(void)state;
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s",
	               fixture_path(&f, "s"));
	for (size_t i = 0; i < LENGTH(frames); i++) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		char heard;

		assert_int_equal(
		    connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
		assert_true(send(fd, frames[i], strlen(frames[i]), 0) > 0);
		assert_true(recv(fd, &heard, 1, 0) <= 0);
		(void)close(fd);
		assert_non_null(call(k, ASK_SUBJECT, conf, 1, &why));
	}
	ask_close(k);
}

static void collect(const char *line, void *with)
{
	struct text *all = with;

	text_addf(all, "%s\n", line);
}

static void a_command_replies_with_lines(void **state)
{
	char *words[] = { (char[]){ "person" }, (char[]){ "ånd" }, NULL };
	char *many[] = { (char[]){ "a" }, (char[]){ "b" }, (char[]){ "c" },
		         NULL };
	struct text lines = text_in(f.arena), more = text_in(f.arena);
	struct fault why = { 0 };

	(void)state;
	assert_true(ask_lines(fixture_path(&f, "s"), 1000, words, collect,
	                      &lines, &why));
	assert_string_equal(lines.at, "0: person\n1: ånd\n");
	assert_false(
	    ask_lines(fixture_path(&f, "s"), 1000, many, collect, &more, &why));
	assert_string_equal(more.at, "0: a\n1: b\n2: c\ntoo many words\n");
	assert_string_equal(why.text, "");
}

static pid_t serve_in_a_child(const char *path)
{
	int listening = listen_at(path);
	pid_t child = fork();

	if (child == 0) {
		answer_serve(listening, "child", rows, LENGTH(rows), 4);
		_exit(0);
	}
	(void)close(listening);
	return child;
}

struct slow_call {
	struct ask *k;
	json_t *answer;
};

static void *call_slowly(void *with)
{
	struct slow_call *one = with;
	struct fault why;

	one->answer = call(one->k, ASK_PROVE, conf, 9, &why);
	return NULL;
}

static void a_request_in_progress_completes_at_shutdown(void **state)
{
	const char *path = fixture_path(&f, "t");
	pid_t child = serve_in_a_child(path);
	struct slow_call one = { .k = ask_open(path, 1, 3000) };
	pthread_t thread;
	int status;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, call_slowly, &one), 0);
	(void)usleep(150 * 1000);
	assert_int_equal(kill(child, SIGTERM), 0);
	(void)pthread_join(thread, NULL);
	assert_non_null(one.answer);
	assert_int_equal(js_number(one.answer, "n", 0), 9);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	ask_close(one.k);
}

static void a_process_of_another_user_is_rejected(void **state)
{
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid_t child = fork();

	if (child == 0) {
		struct fault why;

		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(2);
		_exit(call(new_client(1), ASK_STATUS, NULL, 0, &why) ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_uses_the_callers_configuration),
		cmocka_unit_test(a_type_without_a_handler_is_refused),
		cmocka_unit_test(every_process_returns_its_status),
		cmocka_unit_test(a_reload_is_prepared_then_activated),
		cmocka_unit_test(an_idle_connection_is_closed_for_a_new_one),
		cmocka_unit_test(concurrent_clients_get_their_own_replies),
		cmocka_unit_test(a_malformed_frame_closes_only_its_connection),
		cmocka_unit_test(a_command_replies_with_lines),
		cmocka_unit_test(a_request_in_progress_completes_at_shutdown),
		cmocka_unit_test(a_process_of_another_user_is_rejected),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_all,
	                                   close_all);
}
