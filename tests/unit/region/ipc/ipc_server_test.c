/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_server.c: access, choice of configuration, shutdown. */
#include "tests/unit/region/config/fixture.h"

#include <pthread.h>
#include <pwd.h>
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

/* Replies with the id of the request, the region and the request id. */
static bool handle_echo(const struct ipc_request *q,
                        const struct subject_identifier_request *request,
                        struct subject_identifier_reply *reply,
                        struct error *err)
{
	const char *handled_as = log_request_get();

	(void)err;
	reply->value =
	    arena_printf(q->arena, "%s %s %s", request->id, q->cfg->name,
	                 handled_as ? handled_as : "-");
	return true;
}

/* An error text and lines that are too long or not UTF-8. */
static const char *given_text;

static bool handle_failing(const struct ipc_request *q,
                           const struct sign_query_request *request,
                           struct sign_query_reply *reply, struct error *err)
{
	(void)q, (void)request, (void)reply;
	return error_set(err, ERROR_INVALID, "%s", given_text);
}

static bool handle_slowly(const struct ipc_request *q,
                          const struct verify_password_request *request,
                          struct verify_password_reply *reply,
                          struct error *err)
{
	(void)q, (void)err;
	(void)usleep(300 * 1000);
	reply->result = PASSWORD_RESULT_PROVED;
	reply->anchor = request->login;
	return true;
}

static bool handle_refused(const struct ipc_request *q,
                           const struct import_salt_request *request,
                           struct import_salt_reply *reply, struct error *err)
{
	(void)q, (void)request, (void)reply;
	return error_set_reason(err, ERROR_REFUSED, "network",
	                        "not from there");
}

static bool handle_too_large(const struct ipc_request *q,
                             const struct join_value_request *request,
                             struct join_value_reply *reply, struct error *err)
{
	char *large = arena_alloc(q->arena, IPC_MAX_BODY_BYTES + 1);

	(void)request, (void)err;
	memset(large, 'x', IPC_MAX_BODY_BYTES);
	reply->join = large;
	return true;
}

/* Not as its definition: a required field is missing. */
static bool handle_incompletely(const struct ipc_request *q,
                                const struct audit_find_request *request,
                                struct audit_find_reply *reply,
                                struct error *err)
{
	(void)q, (void)request, (void)reply, (void)err;
	return true;
}

static bool handle_command(const struct ipc_request *q,
                           const struct command_request *request,
                           struct command_reply *reply, struct error *err)
{
	(void)reply;
	if (request->args_count > 0 && text_equal(request->args[0], "given"))
		ipc_reply_line(q, "%s", given_text);
	for (size_t i = 0; i < request->args_count; i++)
		ipc_reply_line(q, "%zu: %s", i, request->args[i]);
	return request->args_count < 3 ||
	       error_set(err, ERROR_INVALID, "too many args");
}

static const struct ipc_handlers handlers = {
	.subject_identifier = handle_echo,
	.verify_password = handle_slowly,
	.import_salt = handle_refused,
	.sign_query = handle_failing,
	.join_value = handle_too_large,
	.audit_find = handle_incompletely,
	.command = handle_command,
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
	                                 "tester", &handlers, 3, NULL));
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	arena_close(f.arena);
	return 0;
}

/* Returns what handle_echo() replied, living in a, or NULL. */
static const char *echo_in(struct arena *a, struct ipc_client *k,
                           const char *by, int n, struct error *err)
{
	const struct subject_identifier_request request = {
		.issuer = "region",
		.kind = SUBJECT_KIND_SUB,
		.sector = "x",
		.id = arena_printf(a, "%d", n),
	};
	struct subject_identifier_reply reply = { 0 };

	*err = (struct error){ 0 };
	return subject_identifier_call(k, a, by, &request, &reply, err)
	           ? reply.value
	           : NULL;
}

static const char *echo(struct ipc_client *k, const char *by, int n,
                        struct error *err)
{
	return echo_in(f.arena, k, by, n, err);
}

static void assert_echo(const char *reply, int n)
{
	assert_non_null(reply);
	assert_memory_equal(reply, arena_printf(f.arena, "%d ", n),
	                    strlen(arena_printf(f.arena, "%d ", n)));
}

static struct ipc_client *new_client(int slots)
{
	return ipc_client_open(socket_path, slots, 2000);
}

static void a_request_uses_the_callers_configuration(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err;
	const char *reply = echo(k, conf, 42, &err);

	(void)state;
	if (!reply)
		fail_msg("%s", err.text);
	assert_string_equal(reply, "42 kongsbergregionen -");
	assert_null(echo(k, "0123456789abcdef", 1, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_null(echo(k, "", 1, &err));
	assert_null(echo(k, NULL, 1, &err));
	ipc_client_close(k);
}

static void a_message_that_is_not_served_is_refused(void **state)
{
	const struct public_keys_request other = { .issuer = "region" };
	const struct import_salt_request refused = { .issuer = "region",
		                                     .sealed = "x" };
	const struct join_value_request large = { .national = "x" };
	struct ipc_client *k = new_client(1);
	struct error err = { 0 };

	(void)state;
	assert_false(public_keys_call(k, f.arena, conf, &other, NULL, &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_string_equal(err.text,
	                    "public-keys is not served by this process");
	assert_false(import_salt_call(k, f.arena, conf, &refused, NULL, &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_string_equal(err.reason, "network");
	assert_string_equal(err.text, "not from there");
	/* A reply over the frame limit is an error, not a timeout. */
	assert_false(join_value_call(k, f.arena, conf, &large, NULL, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	ipc_client_close(k);
}

static void a_request_that_is_not_as_defined_is_refused_by_name(void **state)
{
	static const struct {
		const char *body, *text;
	} cases[] = {
		{ "{\"issuer\":\"r\",\"kind\":\"sub\",\"sector\":\"s\"}",
		  "subject-identifier request: id is missing" },
		{ "{\"issuer\":\"r\",\"kind\":\"sub\",\"sector\":\"s\","
		  "\"id\":1}",
		  "subject-identifier request: id is not a text" },
		{ "{\"issuer\":\"r\",\"kind\":\"x\",\"sector\":\"s\","
		  "\"id\":\"1\"}",
		  "subject-identifier request: kind is none of its names" },
		{ "{\"issuer\":\"r\",\"kind\":\"sub\",\"sector\":\"s\","
		  "\"id\":\"1\",\"salt\":\"x\"}",
		  "subject-identifier request: salt is unknown" },
	};
	struct ipc_client *k = new_client(1);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct error err = { 0 };
		json_t *body, *reply;

		assert_true(js_parse(f.arena, cases[i].body,
		                     strlen(cases[i].body), &body, NULL));
		assert_false(ipc_call(k, f.arena, IPC_SUBJECT_IDENTIFIER, conf,
		                      body, &reply, &err));
		assert_int_equal(err.kind, ERROR_INVALID);
		assert_string_equal(err.text, cases[i].text);
	}
	ipc_client_close(k);
}

/* It is no reply, rather than one with nothing in it. */
static void a_reply_that_is_not_as_defined_is_not_sent(void **state)
{
	const struct audit_find_request request = { .code = "x" };
	struct ipc_client *k = new_client(1);
	struct audit_find_reply reply;
	struct error err = { 0 };

	(void)state;
	assert_false(audit_find_call(k, f.arena, conf, &request, &reply, &err));
	assert_string_equal(err.text, "audit-find reply: receipt is missing");
	ipc_client_close(k);
}

static void a_handler_logs_with_the_callers_request_id(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err;

	(void)state;
	log_request_set("0123456789abcdef");
	assert_string_equal(echo(k, conf, 1, &err),
	                    "1 kongsbergregionen 0123456789abcdef");
	/* The next request on the same connection has none. */
	log_request_clear();
	assert_string_equal(echo(k, conf, 1, &err), "1 kongsbergregionen -");
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

static bool call_failing(struct ipc_client *k, struct error *err)
{
	const struct sign_query_request request = { .issuer = "region",
		                                    .query = "x" };

	*err = (struct error){ 0 };
	return sign_query_call(k, f.arena, conf, &request, NULL, err);
}

static void an_error_text_is_cut_between_characters(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err;

	(void)state;
	for (size_t offset = 0; offset < 3; offset++) {
		given_text = euros(offset, 1000);
		assert_false(call_failing(k, &err));
		assert_true(text_is_utf8(err.text, strlen(err.text)));
		assert_in_range(strlen(err.text), 253, 255);
	}
	given_text = "cn=b\xF8";
	assert_false(call_failing(k, &err));
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
	const struct status_request request = { 0 };
	struct status_reply reply;

	(void)state;
	assert_true(status_call(k, f.arena, NULL, &request, &reply, NULL));
	assert_string_equal(reply.name, "tester");
	assert_int_equal(reply.pid, getpid());
	assert_string_equal(reply.hash, conf);
	assert_in_range(reply.since, clock_now() - 60, clock_now());
	ipc_client_close(k);
}

static void a_reload_is_prepared_then_activated(void **state)
{
	struct ipc_client *k = new_client(1);
	struct error err = { 0 };
	const struct config_prepare_request prepare = { 0 };
	struct config_prepare_reply prepared;
	struct config_activate_request activate = { .hash = "0000" };
	char *text = whole_file(f.arena, fixture_path(&f, "region.conf"));

	(void)state;
	fixture_put(&f, "region.conf", replaced(f.arena, text, "30m", "29m"));
	if (!config_prepare_call(k, f.arena, NULL, &prepare, &prepared, &err))
		fail_msg("%s", err.text);
	assert_int_equal(strlen(prepared.hash), 64);
	assert_string_not_equal(prepared.hash, conf);
	assert_false(
	    config_activate_call(k, f.arena, NULL, &activate, NULL, &err));
	activate.hash = prepared.hash;
	assert_true(
	    config_activate_call(k, f.arena, NULL, &activate, NULL, &err));
	/* The previous configuration is still accepted. */
	assert_non_null(echo(k, conf, 1, &err));
	assert_non_null(echo(k, prepared.hash, 1, &err));
	/* An invalid file changes nothing. */
	fixture_put(&f, "region.conf", "region {");
	err = (struct error){ 0 };
	assert_false(
	    config_prepare_call(k, f.arena, NULL, &prepare, NULL, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(echo(k, prepared.hash, 1, &err));
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
		const char *reply = echo(askers[round % 5], conf, round, &err);

		if (!reply)
			fail_msg("round %d: %s", round, err.text);
		assert_echo(reply, round);
	}
	for (int i = 0; i < 5; i++)
		ipc_client_close(askers[i]);
}

/* A connection without a client. */
static int connect_directly(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", socket_path);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Sends a request that takes 300 ms. */
static void send_slow_request(int fd)
{
	json_t *body = json_pack("{s:s, s:s, s:s}", "conf", conf, "login",
	                         "slow", "password", "x");

	assert_true(ipc_frame_send(fd, IPC_VERIFY_PASSWORD, 1, body, NULL));
	json_decref(body);
}

static void receive_slow_reply(int fd)
{
	uint8_t type;
	uint64_t id;
	json_t *reply;

	assert_true(
	    ipc_frame_receive(f.arena, fd, 5000, &type, &id, &reply, NULL));
	assert_int_equal(type, IPC_VERIFY_PASSWORD | IPC_REPLY);
}

/* Also if it is the oldest of three. */
static void a_busy_connection_is_not_closed_for_a_new_one(void **state)
{
	int busy = connect_directly();
	struct ipc_client *askers[3];
	struct error err;

	(void)state;
	send_slow_request(busy);
	(void)usleep(50 * 1000);
	for (int i = 0; i < 3; i++) {
		askers[i] = new_client(1);
		assert_non_null(echo(askers[i], conf, i, &err));
	}
	receive_slow_reply(busy);
	send_slow_request(busy);
	receive_slow_reply(busy);
	for (int i = 0; i < 3; i++)
		ipc_client_close(askers[i]);
	(void)close(busy);
}

enum { CLIENTS = 8, EACH = 100 };

static void *call_many(void *wrong)
{
	struct ipc_client *k = new_client(2);
	struct arena *a = arena_open();

	for (int i = 0; i < EACH; i++) {
		struct error err;
		const char *reply = echo_in(a, k, conf, i, &err);

		if (!reply || strtol(reply, NULL, 10) != i)
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
		assert_non_null(echo(k, conf, 1, &err));
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
		ipc_serve(listening, "child", &handlers, 4);
		_exit(0);
	}
	(void)close(listening);
	return child;
}

struct slow_call {
	struct ipc_client *k;
	struct verify_password_reply reply;
	bool good;
};

static void *call_slowly(void *data)
{
	const struct verify_password_request request = { .login = "slow",
		                                         .password = "x" };
	struct slow_call *one = data;

	one->good = verify_password_call(one->k, f.arena, conf, &request,
	                                 &one->reply, NULL);
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
	assert_true(one.good);
	assert_string_equal(one.reply.anchor, "slow");
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
		const struct status_request request = { 0 };

		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(2);
		_exit(status_call(new_client(1), f.arena, NULL, &request, NULL,
		                  NULL));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* ---- roles */

enum { WEB_UID = 65533 };

/* In place of the C library's: the users of deploy/sysusers.d need not
 * exist. */
int getpwnam_r(const char *name, struct passwd *user, char *buffer, size_t size,
               struct passwd **ret)
{
	(void)buffer, (void)size;
	*user = (struct passwd){ .pw_uid = WEB_UID };
	*ret = text_equal(name, "portvakt-web") ? user : NULL;
	return 0;
}

/* As portvakt-web; returns the exit status. */
static int send_as_web(void)
{
	const struct import_salt_request salt = { .issuer = "region",
		                                  .sealed = "x" };
	struct import_salt_reply reply = { 0 };
	struct ipc_client *k =
	    ipc_client_open(fixture_path(&f, "signer"), 1, 2000);
	struct error err = { 0 };

	if (setgid(WEB_UID) != 0 || setuid(WEB_UID) != 0)
		return 2;
	if (!echo(k, conf, 1, &err))
		return 3;
	if (import_salt_call(k, f.arena, conf, &salt, &reply, &err))
		return 4;
	return strstr(err.text, "operators only") ? 0 : 5;
}

static void a_message_of_operators_is_refused_to_other_roles(void **state)
{
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_true(ipc_serve_background(listen_at(fixture_path(&f, "signer")),
	                                 -1, "signer", &handlers, 3, NULL));
	pid_t child = fork();

	if (child == 0)
		_exit(send_as_web());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(WIFEXITED(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_message_of_operators_is_refused_to_other_roles),
		cmocka_unit_test(a_request_uses_the_callers_configuration),
		cmocka_unit_test(a_message_that_is_not_served_is_refused),
		cmocka_unit_test(
		    a_request_that_is_not_as_defined_is_refused_by_name),
		cmocka_unit_test(a_reply_that_is_not_as_defined_is_not_sent),
		cmocka_unit_test(a_handler_logs_with_the_callers_request_id),
		cmocka_unit_test(an_error_text_is_cut_between_characters),
		cmocka_unit_test(a_line_of_a_command_is_cut_between_characters),
		cmocka_unit_test(every_process_returns_its_status),
		cmocka_unit_test(a_reload_is_prepared_then_activated),
		cmocka_unit_test(an_idle_connection_is_closed_for_a_new_one),
		cmocka_unit_test(a_busy_connection_is_not_closed_for_a_new_one),
		cmocka_unit_test(concurrent_clients_get_their_own_replies),
		cmocka_unit_test(a_malformed_frame_closes_only_its_connection),
		cmocka_unit_test(a_command_replies_with_lines),
		cmocka_unit_test(a_request_in_progress_completes_at_shutdown),
		cmocka_unit_test(a_process_of_another_user_is_rejected),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_all,
	                                   close_all);
}
