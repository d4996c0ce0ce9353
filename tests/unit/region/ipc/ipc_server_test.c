/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_server.c: access, choice of configuration, shutdown. */
#include "tests/unit/region/config/fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_acl.h"
#include "region/ipc/ipc_client.h"
#include "region/ipc/ipc_server.h"

static struct fixture f;
static char conf[65];
static const char *socket_path; /* for threads: an arena is for one thread */

static bool handle_echo(const struct ipc_request *q, json_t **ret_answer,
                        struct error *err)
{
	(void)err;
	*ret_answer = js_own(q->arena, json_pack("{s:I, s:s}", "n",
	                                         js_number(q->body, "n", 0),
	                                         "region", q->cfg->name));
	js_set_string(*ret_answer, "handled-as", log_request_get());
	return true;
}

/* An error text and lines that are too long or not UTF-8. */
static const char *given_text;

static bool handle_failing(const struct ipc_request *q, json_t **ret_answer,
                           struct error *err)
{
	(void)q, (void)ret_answer;
	return error_set(err, ERROR_INVALID, "%s", given_text);
}

static bool handle_slowly(const struct ipc_request *q, json_t **ret_answer,
                          struct error *err)
{
	(void)usleep(300 * 1000);
	return handle_echo(q, ret_answer, err);
}

static bool handle_refused(const struct ipc_request *q, json_t **ret_answer,
                           struct error *err)
{
	(void)q, (void)ret_answer;
	return error_set_reason(err, ERROR_REFUSED, "network",
	                        "not from there");
}

static bool handle_too_large(const struct ipc_request *q, json_t **ret_answer,
                             struct error *err)
{
	char *large = arena_alloc(q->arena, IPC_MAX_BODY_BYTES + 1);

	(void)err;
	memset(large, 'x', IPC_MAX_BODY_BYTES);
	*ret_answer = js_own(q->arena, json_pack("{s:s}", "w", large));
	return true;
}

static bool handle_command(const struct ipc_request *q, json_t **ret_answer,
                           struct error *err)
{
	const json_t *args = js_array(q->body, "args");

	(void)ret_answer;
	if (text_equal(json_string_value(json_array_get(args, 0)), "given"))
		ipc_reply_line(q, "%s", given_text);
	for (size_t i = 0; i < json_array_size(args); i++)
		ipc_reply_line(q, "%zu: %s", i,
		               json_string_value(json_array_get(args, i)));
	return json_array_size(args) < 3 ||
	       error_set(err, ERROR_INVALID, "too many args");
}

static const struct ipc_handler rows[] = {
	{ IPC_SUBJECT_IDENTIFIER, handle_echo },
	{ IPC_VERIFY_PASSWORD, handle_slowly },
	{ IPC_EVALUATE, handle_refused },
	{ IPC_SIGN_QUERY, handle_failing },
	{ IPC_AUDIT_FIND, handle_too_large },
	{ IPC_COMMAND, handle_command },
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
	struct error err = { 0 };
	struct config *cfg;

	(void)state;
	f = fixture_open();
	socket_path = fixture_path(&f, "s");
	if (!config_open(fixture_example(&f), &err))
		fail_msg("%s", err.text);
	cfg = config_current();
	memcpy(conf, cfg->hash, sizeof(conf));
	config_unref(cfg);
	assert_true(ipc_serve_background(listen_at(fixture_path(&f, "s")), -1,
	                                 "tester", rows, LENGTH(rows), 3,
	                                 NULL));
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	arena_close(f.arena);
	return 0;
}

static json_t *call(struct ipc_client *k, enum ipc_message_type kind,
                    const char *by, long long n, struct error *err)
{
	json_t *question = js_own(f.arena, json_pack("{s:I}", "n", n));
	json_t *answer = NULL;

	*err = (struct error){ 0 };
	return ipc_call(k, f.arena, kind, by, question, &answer, err) ? answer
	                                                              : NULL;
}

static struct ipc_client *new_client(int slots)
{
	return ipc_client_open(socket_path, slots, 2000);
}

static void a_request_uses_the_callers_configuration(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err;
	json_t *answer = call(k, IPC_SUBJECT_IDENTIFIER, conf, 42, &err);

	(void)state;
	if (!answer)
		fail_msg("%s", err.text);
	assert_int_equal(js_number(answer, "n", 0), 42);
	assert_non_null(js_string(answer, "region"));
	assert_null(
	    call(k, IPC_SUBJECT_IDENTIFIER, "0123456789abcdef", 1, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_null(call(k, IPC_SUBJECT_IDENTIFIER, "", 1, &err));
	assert_null(call(k, IPC_SUBJECT_IDENTIFIER, NULL, 1, &err));
	ipc_client_close(k);
}

static void a_type_without_a_handler_is_refused(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err;

	(void)state;
	assert_null(call(k, IPC_SIGN_TOKEN, conf, 1, &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_null(call(k, IPC_EVALUATE, conf, 1, &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_string_equal(err.reason, "network");
	assert_string_equal(err.text, "not from there");
	/* A reply over the frame limit is an error, not a timeout. */
	assert_null(call(k, IPC_AUDIT_FIND, conf, 1, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	ipc_client_close(k);
}

static void a_handler_logs_with_the_callers_request_id(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err;

	(void)state;
	log_request_set("0123456789abcdef");
	json_t *answer = call(k, IPC_SUBJECT_IDENTIFIER, conf, 1, &err);

	assert_string_equal(js_string(answer, "handled-as"),
	                    "0123456789abcdef");
	/* The next request on the same connection has none. */
	log_request_clear();
	answer = call(k, IPC_SUBJECT_IDENTIFIER, conf, 1, &err);
	assert_non_null(answer);
	assert_null(js_string(answer, "handled-as"));
	ipc_client_close(k);
}

/* Returns a text of length bytes that ends in euro signs of three bytes. */
static char *euros(size_t offset, size_t length)
{
	char *text = arena_alloc(f.arena, length + 4);

	memset(text, 'a', offset);
	for (size_t i = offset; i < length; i += 3)
		memcpy(text + i, "\xE2\x82\xAC", 4);
	return text;
}

static void an_error_text_is_cut_between_characters(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err;

	(void)state;
	for (size_t offset = 0; offset < 3; offset++) {
		given_text = euros(offset, 1000);
		assert_null(call(k, IPC_SIGN_QUERY, conf, 1, &err));
		assert_true(text_is_utf8(err.text, strlen(err.text)));
		assert_in_range(strlen(err.text), 253, 255);
	}
	given_text = "cn=b\xF8";
	assert_null(call(k, IPC_SIGN_QUERY, conf, 1, &err));
	assert_string_equal(err.text, "cn=b\\xf8");
	ipc_client_close(k);
}

static void keep_line(const char *line, void *data)
{
	char **kept = data;

	if (!*kept)
		*kept = arena_strdup(f.arena, line);
}

static void a_line_of_a_command_is_cut_between_characters(void **state)
{
	char *args[] = { (char[]){ "given" }, NULL };

	(void)state;
	if (!ipc_acl_is_operator(geteuid()))
		skip();
	for (size_t offset = 0; offset < 3; offset++) {
		char *line = NULL;

		given_text = euros(offset, 6000);
		assert_true(ipc_command(socket_path, 1000, args, keep_line,
		                        &line, NULL));
		assert_non_null(line);
		assert_in_range(strlen(line), 4094, 4096);
	}
	char *line = NULL;

	given_text = "cn=b\xF8";
	assert_true(
	    ipc_command(socket_path, 1000, args, keep_line, &line, NULL));
	assert_string_equal(line, "cn=b\\xf8");
}

static void every_process_returns_its_status(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err;
	json_t *answer = call(k, IPC_STATUS, NULL, 0, &err);

	(void)state;
	assert_non_null(answer);
	assert_string_equal(js_string(answer, "name"), "tester");
	assert_int_equal(js_number(answer, "pid", 0), getpid());
	assert_string_equal(js_string(answer, "hash"), conf);
	assert_in_range(js_number(answer, "since", 0), clock_now() - 60,
	                clock_now());
	ipc_client_close(k);
}

static void a_reload_is_prepared_then_activated(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err;
	char *text = whole_file(f.arena, fixture_path(&f, "region.conf"));

	(void)state;
	fixture_put(&f, "region.conf", replaced(f.arena, text, "30m", "29m"));
	json_t *answer = call(k, IPC_CONFIG_PREPARE, NULL, 0, &err);

	if (!answer)
		fail_msg("%s", err.text);
	const char *hash = js_string(answer, "hash");

	assert_int_equal(strlen(hash), 64);
	assert_string_not_equal(hash, conf);
	json_t *activate = js_own(f.arena, json_pack("{s:s}", "hash", "0000"));

	assert_false(ipc_call(k, f.arena, IPC_CONFIG_ACTIVATE, NULL, activate,
	                      &answer, &err));
	js_set_string(activate, "hash", hash);
	assert_true(ipc_call(k, f.arena, IPC_CONFIG_ACTIVATE, NULL, activate,
	                     &answer, &err));
	/* The previous configuration is still accepted. */
	assert_non_null(call(k, IPC_SUBJECT_IDENTIFIER, conf, 1, &err));
	assert_non_null(call(k, IPC_SUBJECT_IDENTIFIER, hash, 1, &err));
	/* An invalid file changes nothing. */
	fixture_put(&f, "region.conf", "region {");
	assert_null(call(k, IPC_CONFIG_PREPARE, NULL, 0, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(call(k, IPC_SUBJECT_IDENTIFIER, hash, 1, &err));
	fixture_put(&f, "region.conf", text);
	ipc_client_close(k);
}

/* Five clients keep connections open where three are allowed. */
static void an_idle_connection_is_closed_for_a_new_one(void **state)
{
	struct ipc_client *askers[5];
	struct error err;

	(void)state;
	for (int i = 0; i < 5; i++)
		askers[i] = new_client(1);
	for (int round = 0; round < 20; round++) {
		json_t *answer = call(askers[round % 5], IPC_SUBJECT_IDENTIFIER,
		                      conf, round, &err);

		if (!answer)
			fail_msg("round %d: %s", round, err.text);
		assert_int_equal(js_number(answer, "n", -1), round);
	}
	for (int i = 0; i < 5; i++)
		ipc_client_close(askers[i]);
}

enum { CLIENTS = 8, EACH = 100 };

static void *call_many(void *wrong)
{
	struct ipc_client *k = new_client(2);
	struct arena *a = arena_open();

	for (int i = 0; i < EACH; i++) {
		json_t *answer,
		    *question = js_own(a, json_pack("{s:i}", "n", i));

		if (!ipc_call(k, a, IPC_SUBJECT_IDENTIFIER, conf, question,
		              &answer, NULL) ||
		    js_number(answer, "n", -1) != i)
			(*(int *)wrong)++;
	}
	arena_close(a);
	ipc_client_close(k);
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
	struct ipc_client *k = new_client(1);
	struct error err;

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
		assert_non_null(call(k, IPC_SUBJECT_IDENTIFIER, conf, 1, &err));
	}
	ipc_client_close(k);
}

static void collect(const char *line, void *data)
{
	struct strbuf *all = data;

	strbuf_appendf(all, "%s\n", line);
}

static void a_command_replies_with_lines(void **state)
{
	char *args[] = { (char[]){ "person" }, (char[]){ "ånd" }, NULL };
	char *many[] = { (char[]){ "a" }, (char[]){ "b" }, (char[]){ "c" },
		         NULL };
	struct strbuf lines = strbuf_init(f.arena), more = strbuf_init(f.arena);
	struct error err = { 0 };

	(void)state;
	assert_true(ipc_command(fixture_path(&f, "s"), 1000, args, collect,
	                        &lines, &err));
	assert_string_equal(lines.data, "0: person\n1: ånd\n");
	assert_false(ipc_command(fixture_path(&f, "s"), 1000, many, collect,
	                         &more, &err));
	assert_string_equal(more.data, "0: a\n1: b\n2: c\ntoo many args\n");
	assert_string_equal(err.text, "");
}

static pid_t serve_in_a_child(const char *path)
{
	int listening = listen_at(path);
	pid_t child = fork();

	if (child == 0) {
		ipc_serve(listening, "child", rows, LENGTH(rows), 4);
		_exit(0);
	}
	(void)close(listening);
	return child;
}

struct slow_call {
	struct ipc_client *k;
	json_t *answer;
};

static void *call_slowly(void *data)
{
	struct slow_call *one = data;
	struct error err;

	one->answer = call(one->k, IPC_VERIFY_PASSWORD, conf, 9, &err);
	return NULL;
}

static void a_request_in_progress_completes_at_shutdown(void **state)
{
	const char *path = fixture_path(&f, "t");
	pid_t child = serve_in_a_child(path);
	struct slow_call one = { .k = ipc_client_open(path, 1, 3000) };
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
	ipc_client_close(one.k);
}

static void a_process_of_another_user_is_rejected(void **state)
{
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid_t child = fork();

	if (child == 0) {
		struct error err;

		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(2);
		_exit(call(new_client(1), IPC_STATUS, NULL, 0, &err) ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_uses_the_callers_configuration),
		cmocka_unit_test(a_type_without_a_handler_is_refused),
		cmocka_unit_test(a_handler_logs_with_the_callers_request_id),
		cmocka_unit_test(an_error_text_is_cut_between_characters),
		cmocka_unit_test(a_line_of_a_command_is_cut_between_characters),
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
