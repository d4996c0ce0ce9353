/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_client.c against servers that reply late, wrongly or not at all.
 */
#include "tests/unit/test.h"

#include <endian.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"

enum { DEADLINE = 150 };

/* A server whose reply each test defines, one connection at a time. */
struct end {
	char folder[64], path[96];
	int listening;
	pthread_t thread;
	void (*each)(struct end *e, int fd, uint8_t kind, uint64_t id,
	             const json_t *body);
	int connections, questions;
	int held[64]; /* descriptors kept open until end_close() */
	int held_count;
};

static void serve(struct end *e, int fd)
{
	struct arena *a = arena_open();
	uint8_t kind;
	uint64_t id;
	json_t *body;

	if (ipc_frame_receive(a, fd, 1000, &kind, &id, &body, NULL)) {
		e->questions++;
		e->each(e, fd, kind, id, body);
	}
	arena_close(a);
}

static void *run_end(void *data)
{
	struct end *e = data;

	for (;;) {
		int fd = accept(e->listening, NULL, NULL);

		if (fd < 0)
			return NULL;
		e->connections++;
		serve(e, fd);
		e->held[e->held_count++] = fd;
		assert_true(e->held_count < 64);
	}
}

static void end_open(struct end *e, void (*each)(struct end *, int, uint8_t,
                                                 uint64_t, const json_t *))
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	*e = (struct end){ .each = each };
	(void)snprintf(e->folder, sizeof(e->folder), "/tmp/ask-XXXXXX");
	assert_non_null(mkdtemp(e->folder));
	(void)snprintf(e->path, sizeof(e->path), "%s/s", e->folder);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", e->path);
	e->listening = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(e->listening, (struct sockaddr *)&at, sizeof(at)),
	                 0);
	assert_int_equal(listen(e->listening, 8), 0);
	assert_int_equal(pthread_create(&e->thread, NULL, run_end, e), 0);
}

static void end_close(struct end *e)
{
	(void)shutdown(e->listening, SHUT_RDWR);
	(void)pthread_join(e->thread, NULL);
	for (int i = 0; i < e->held_count; i++)
		(void)close(e->held[i]);
	(void)close(e->listening);
	(void)unlink(e->path);
	(void)rmdir(e->folder);
}

static void echo(struct end *e, int fd, uint8_t kind, uint64_t id,
                 const json_t *body)
{
	(void)e;
	assert_true(ipc_frame_send(fd, kind | IPC_REPLY, id, body, NULL));
}

static bool call(struct ipc_client *k, enum ipc_message_type kind,
                 long long number, long long *ret_number, struct error *err)
{
	struct arena *a = arena_open();
	own(release_json) json_t *question = json_pack("{s:I}", "n", number);
	json_t *answer = NULL;
	bool good = ipc_call(k, a, kind, NULL, question, &answer, err);

	if (good)
		*ret_number = js_number(answer, "n", -1);
	arena_close(a);
	return good;
}

static void a_call_carries_the_request_id(void **state)
{
	struct end e;
	struct arena *a = arena_open();
	own(release_json) json_t *first = json_pack("{s:i}", "n", 1);
	json_t *answer;

	(void)state;
	end_open(&e, echo);
	struct ipc_client *k = ipc_client_open(e.path, 1, DEADLINE);

	log_request_set("0123456789abcdef");
	assert_true(
	    ipc_call(k, a, IPC_SUBJECT_IDENTIFIER, NULL, first, &answer, NULL));
	assert_string_equal(js_string(answer, "request"), "0123456789abcdef");
	log_request_clear();
	ipc_client_close(k);
	k = ipc_client_open(e.path, 1, DEADLINE);
	assert_true(
	    ipc_call(k, a, IPC_SUBJECT_IDENTIFIER, NULL, first, &answer, NULL));
	assert_null(js_string(answer, "request"));
	ipc_client_close(k);
	end_close(&e);
	arena_close(a);
}

static void a_call_returns_its_reply(void **state)
{
	struct end e;
	struct arena *a = arena_open();
	own(release_json) json_t *question = json_pack("{s:s}", "w", "blåbær");
	json_t *answer;

	(void)state;
	end_open(&e, echo);
	struct ipc_client *k = ipc_client_open(e.path, 1, DEADLINE);

	assert_true(ipc_call(k, a, IPC_SUBJECT_IDENTIFIER,
	                     "0123456789abcdef0123", question, &answer, NULL));
	assert_string_equal(js_string(answer, "w"), "blåbær");
	assert_string_equal(js_string(answer, "conf"), "0123456789abcdef");
	ipc_client_close(k);
	end_close(&e);
	arena_close(a);
}

/* Replies to odd requests after the caller's deadline, with the right id. */
static void reply_late_once(struct end *e, int fd, uint8_t kind, uint64_t id,
                            const json_t *body)
{
	if (js_number(body, "n", 0) % 2 == 1)
		(void)usleep((DEADLINE + 20) * 1000);
	(void)!ipc_frame_send(fd, kind | IPC_REPLY, id, body, NULL);
	(void)e;
}

static void a_late_reply_is_not_taken_for_the_next(void **state)
{
	struct end e;
	long long n;

	(void)state;
	end_open(&e, reply_late_once);
	struct ipc_client *k = ipc_client_open(e.path, 1, DEADLINE);

	for (int i = 1; i < 12; i += 2) {
		struct error err = { 0 };

		assert_false(call(k, IPC_SUBJECT_IDENTIFIER, i, &n, &err));
		assert_int_equal(err.kind, ERROR_UNAVAILABLE);
		(void)usleep(40 * 1000);
		assert_true(call(k, IPC_SUBJECT_IDENTIFIER, i + 1, &n, &err));
		assert_int_equal(n, i + 1);
	}
	ipc_client_close(k);
	end_close(&e);
}

static void reply_to_another_id(struct end *e, int fd, uint8_t kind,
                                uint64_t id, const json_t *body)
{
	(void)e;
	assert_true(ipc_frame_send(fd, kind | IPC_REPLY, id - 1, body, NULL));
}

static void reply_with_other_type(struct end *e, int fd, uint8_t kind,
                                  uint64_t id, const json_t *body)
{
	(void)e;
	assert_true(ipc_frame_send(fd, (kind | IPC_REPLY) + 1, id, body, NULL));
}

static void reply_malformed(struct end *e, int fd, uint8_t kind, uint64_t id,
                            const json_t *body)
{
	(void)e, (void)kind, (void)id, (void)body;
	assert_int_equal(send(fd, "rubbish rubbish", 15, MSG_NOSIGNAL), 15);
}

static void reply_short(struct end *e, int fd, uint8_t kind, uint64_t id,
                        const json_t *body)
{
	(void)e, (void)kind, (void)id, (void)body;
	assert_int_equal(send(fd, "\1", 1, MSG_NOSIGNAL), 1);
}

/* Version, type and id are right, but the body is not an object. */
static void answer_no_object(struct end *e, int fd, uint8_t kind, uint64_t id,
                             const json_t *body)
{
	unsigned char bytes[12] = { 1, kind | IPC_REPLY };
	const uint64_t wire = htobe64(id);

	(void)e, (void)body;
	memcpy(bytes + 2, &wire, sizeof(wire));
	memcpy(bytes + IPC_HEADER_BYTES, "[]", 2);
	assert_int_equal(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL), 12);
}

static void a_reply_to_another_request_is_rejected(void **state)
{
	static void (*const ways[])(struct end *, int, uint8_t, uint64_t,
	                            const json_t *) = {
		reply_to_another_id, reply_with_other_type, reply_malformed,
		reply_short,         answer_no_object,
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(ways); i++) {
		struct end e;
		struct error err = { 0 };
		long long n;

		end_open(&e, ways[i]);
		struct ipc_client *k = ipc_client_open(e.path, 1, DEADLINE);

		assert_false(call(k, IPC_SUBJECT_IDENTIFIER, 1, &n, &err));
		/* The slot is free; the connection is not used again. */
		e.each = echo;
		assert_true(call(k, IPC_SUBJECT_IDENTIFIER, 2, &n, &err));
		assert_int_equal(n, 2);
		assert_int_equal(e.connections, 2);
		ipc_client_close(k);
		end_close(&e);
	}
}

static void hang_up(struct end *e, int fd, uint8_t kind, uint64_t id,
                    const json_t *body)
{
	(void)kind, (void)id, (void)body;
	(void)shutdown(fd, SHUT_RDWR);
	if (e->questions > 1)
		e->each = echo;
}

static void a_closed_peer_is_detected_at_once(void **state)
{
	struct end e;
	struct error err = { 0 };
	long long n;

	(void)state;
	end_open(&e, hang_up);
	struct ipc_client *k = ipc_client_open(e.path, 1, 5000);
	int64_t before = clock_monotonic_ms();

	/* Appending twice would write two audit events, so it is sent only
	 * once. */
	assert_false(call(k, IPC_AUDIT_APPEND, 1, &n, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_in_range(clock_monotonic_ms() - before, 0, 1000);
	assert_int_equal(e.questions, 1);
	/* A signature may be requested again. */
	assert_true(call(k, IPC_SIGN_TOKEN, 3, &n, &err) ||
	            call(k, IPC_SIGN_TOKEN, 3, &n, &err));
	assert_int_equal(n, 3);
	ipc_client_close(k);
	end_close(&e);
}

static void hang_up_once(struct end *e, int fd, uint8_t kind, uint64_t id,
                         const json_t *body)
{
	(void)kind, (void)id, (void)body;
	(void)shutdown(fd, SHUT_RDWR);
	e->each = echo;
}

static void an_idempotent_request_is_repeated(void **state)
{
	static const struct {
		enum ipc_message_type kind;
		bool answered;
	} rows[] = {
		{ IPC_SIGN_TOKEN, true },
		{ IPC_SIGN_SAML, true },
		{ IPC_MAC_CREATE, true },
		{ IPC_SUBJECT_IDENTIFIER, true },
		{ IPC_AUDIT_FIND, true },
		{ IPC_AUDIT_APPEND, false },
		{ IPC_VERIFY_PASSWORD, false },
		{ IPC_EVALUATE, false },
		{ IPC_KEY_ROTATE, false },
		{ IPC_SYNC_COMMIT, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct end e;
		long long n;

		end_open(&e, hang_up_once);
		struct ipc_client *k = ipc_client_open(e.path, 1, 2000);

		assert_int_equal(call(k, rows[i].kind, 7, &n, NULL),
		                 rows[i].answered);
		ipc_client_close(k);
		end_close(&e);
	}
}

static void stay_silent(struct end *e, int fd, uint8_t kind, uint64_t id,
                        const json_t *body)
{
	(void)e, (void)fd, (void)kind, (void)id, (void)body;
}

static void a_silent_peer_times_out_at_the_deadline(void **state)
{
	struct end e;
	struct error err = { 0 };
	long long n;

	(void)state;
	end_open(&e, stay_silent);
	struct ipc_client *k = ipc_client_open(e.path, 1, DEADLINE);
	int64_t before = clock_monotonic_ms();

	assert_false(call(k, IPC_SUBJECT_IDENTIFIER, 1, &n, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_in_range(clock_monotonic_ms() - before, DEADLINE - 1,
	                DEADLINE + 400);
	ipc_client_close(k);
	end_close(&e);
}

static void *hold_a_slot(void *k)
{
	long long n;

	(void)call(k, IPC_SUBJECT_IDENTIFIER, 1, &n, NULL);
	return NULL;
}

static void a_call_without_a_free_slot_fails_at_once(void **state)
{
	struct end e;
	struct error err = { 0 };
	pthread_t holder;
	long long n;

	(void)state;
	end_open(&e, stay_silent);
	struct ipc_client *k = ipc_client_open(e.path, 1, 600);

	assert_int_equal(pthread_create(&holder, NULL, hold_a_slot, k), 0);
	while (e.connections == 0)
		(void)usleep(1000);
	int64_t before = clock_monotonic_ms();

	assert_false(call(k, IPC_SUBJECT_IDENTIFIER, 2, &n, &err));
	assert_in_range(clock_monotonic_ms() - before, 0, 100);
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_string_equal(err.reason, "overloaded");
	(void)pthread_join(holder, NULL);
	e.each = echo;
	assert_true(call(k, IPC_SUBJECT_IDENTIFIER, 3, &n, NULL));
	ipc_client_close(k);
	end_close(&e);
}

/* Closes after each reply, so every kept connection is closed. */
static void echo_and_close(struct end *e, int fd, uint8_t kind, uint64_t id,
                           const json_t *body)
{
	echo(e, fd, kind, id, body);
	(void)shutdown(fd, SHUT_RDWR);
}

static void reply_slowly(struct end *e, int fd, uint8_t kind, uint64_t id,
                         const json_t *body)
{
	(void)usleep(30 * 1000);
	echo_and_close(e, fd, kind, id, body);
}

struct caller {
	struct ipc_client *client;
	pthread_t thread;
	bool good;
	struct error err;
};

static void *call_once(void *data)
{
	struct caller *c = data;
	long long n;

	c->good = call(c->client, IPC_SIGN_TOKEN, 1, &n, &c->err);
	return NULL;
}

/* Returns how many of eight calls at once to a server with one slot succeed;
 * the others have the reason "overloaded". */
static int calls_at_once(void (*each)(struct end *, int, uint8_t, uint64_t,
                                      const json_t *),
                         int queue, int wait_ms)
{
	struct caller callers[8] = { 0 };
	struct end e;
	long long n;
	int good = 0;

	end_open(&e, each);
	struct ipc_client *k = ipc_client_open(e.path, 1, 600);

	ipc_client_set_queue(k, queue, wait_ms, wait_ms);
	for (size_t i = 0; i < LENGTH(callers); i++) {
		callers[i].client = k;
		assert_int_equal(pthread_create(&callers[i].thread, NULL,
		                                call_once, &callers[i]),
		                 0);
	}
	for (size_t i = 0; i < LENGTH(callers); i++) {
		(void)pthread_join(callers[i].thread, NULL);
		good += callers[i].good;
		if (!callers[i].good && queue < 8 && each == reply_slowly)
			assert_string_equal(callers[i].err.reason,
			                    "overloaded");
	}
	/* The slot is free. */
	e.each = echo;
	assert_true(call(k, IPC_SIGN_TOKEN, 1, &n, NULL));
	ipc_client_close(k);
	end_close(&e);
	return good;
}

static void calls_wait_for_a_slot_in_their_queue(void **state)
{
	(void)state;
	assert_int_equal(calls_at_once(reply_slowly, 8, 5000), 8);
	assert_in_range(calls_at_once(reply_slowly, 3, 5000), 4, 7);
	assert_in_range(calls_at_once(reply_slowly, 0, 5000), 1, 7);
}

/* The first one holds the slot for 600 ms. */
static void a_call_waits_no_longer_than_the_queue_allows(void **state)
{
	int64_t before = clock_monotonic_ms();

	(void)state;
	assert_int_equal(calls_at_once(stay_silent, 8, 100), 0);
	assert_in_range(clock_monotonic_ms() - before, 500, 2000);
}

static void a_closed_connection_is_reopened(void **state)
{
	struct end e;
	long long n;

	(void)state;
	end_open(&e, echo_and_close);
	struct ipc_client *k = ipc_client_open(e.path, 1, DEADLINE);

	for (int i = 0; i < 10; i++) {
		assert_true(call(k, IPC_AUDIT_APPEND, i, &n, NULL));
		assert_int_equal(n, i);
		(void)usleep(2000);
	}
	assert_int_equal(e.questions, 10);
	ipc_client_close(k);
	end_close(&e);
}

static void a_missing_socket_is_unavailable(void **state)
{
	struct ipc_client *k =
	    ipc_client_open("/tmp/nobody.example/s", 1, DEADLINE);
	struct error err = { 0 };
	long long n;

	(void)state;
	assert_false(call(k, IPC_SUBJECT_IDENTIFIER, 1, &n, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	ipc_client_close(k);
}

static void reply_error(struct end *e, int fd, uint8_t kind, uint64_t id,
                        const json_t *body)
{
	own(release_json) json_t *said =
	    json_pack("{s:s, s:s, s:s}", "fault", js_string(body, "fault"),
	              "reason", js_string(body, "reason"), "text", "not so");

	(void)e, (void)kind;
	assert_true(ipc_frame_send(fd, IPC_ERROR, id, said, NULL));
}

static void an_error_reply_returns_that_error(void **state)
{
	static const struct {
		const char *word, *reason;
		enum error_kind kind;
		const char *known, *text;
	} rows[] = {
		{ "invalid", "network", ERROR_INVALID, "network", "not so" },
		{ "refused", "rule-refuses", ERROR_REFUSED, "rule-refuses",
		  "not so" },
		{ "unavailable", "invented", ERROR_UNAVAILABLE, NULL,
		  "not so" },
		{ "anything", "", ERROR_UNAVAILABLE, NULL,
		  "error frame: fault is none of its names" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct end e;
		struct error err = { 0 };
		struct arena *a = arena_open();
		own(release_json) json_t *question =
		    json_pack("{s:s, s:s}", "fault", rows[i].word, "reason",
		              rows[i].reason);
		json_t *answer;

		end_open(&e, reply_error);
		struct ipc_client *k = ipc_client_open(e.path, 1, DEADLINE);

		assert_false(ipc_call(k, a, IPC_SUBJECT_IDENTIFIER, NULL,
		                      question, &answer, &err));
		arena_close(a);
		assert_int_equal(err.kind, rows[i].kind);
		assert_true(text_equal(err.reason, rows[i].known));
		assert_string_equal(err.text, rows[i].text);
		ipc_client_close(k);
		end_close(&e);
	}
}

static void a_request_over_the_limit_is_not_sent(void **state)
{
	struct end e;
	struct arena *a = arena_open();
	char *large = arena_alloc(a, IPC_MAX_BODY_BYTES + 1);
	struct error err = { 0 };
	json_t *answer;

	(void)state;
	memset(large, 'x', IPC_MAX_BODY_BYTES);
	own(release_json) json_t *question = json_pack("{s:s}", "w", large);

	end_open(&e, echo);
	struct ipc_client *k = ipc_client_open(e.path, 1, DEADLINE);

	assert_false(ipc_call(k, a, IPC_SUBJECT_IDENTIFIER, NULL, question,
	                      &answer, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	large[IPC_MAX_BODY_BYTES - 16] = '\0';
	(void)json_object_set_new(question, "w", json_string(large));
	assert_true(ipc_call(k, a, IPC_SUBJECT_IDENTIFIER, NULL, question,
	                     &answer, &err));
	ipc_client_close(k);
	end_close(&e);
	arena_close(a);
}

static void reply_three_lines(struct end *e, int fd, uint8_t kind, uint64_t id,
                              const json_t *body)
{
	own(release_json) json_t *line = json_pack("{s:s}", "text", "ein");
	own(release_json) json_t *end =
	    json_pack("{s:i}", "status",
	              json_array_size(js_array(body, "args")) == 2 ? 0 : 1);

	(void)e;
	assert_int_equal(kind, IPC_COMMAND);
	for (int i = 0; i < 3; i++)
		assert_true(
		    ipc_frame_send(fd, IPC_COMMAND_LINE, id, line, NULL));
	assert_true(ipc_frame_send(fd, IPC_COMMAND_END, id, end, NULL));
}

static void count_line(const char *line, void *data)
{
	assert_string_equal(line, "ein");
	++*(int *)data;
}

static void a_command_returns_lines_until_its_status(void **state)
{
	char *two[] = { (char[]){ "sync" }, (char[]){ "now" }, NULL };
	struct end e;
	struct error err = { 0 };
	int count = 0;

	(void)state;
	end_open(&e, reply_three_lines);
	assert_true(ipc_command(e.path, 500, two, count_line, &count, &err));
	assert_int_equal(count, 3);
	assert_false(
	    ipc_command(e.path, 500, two + 1, count_line, &count, &err));
	assert_int_equal(count, 6);
	assert_int_equal(err.kind, ERROR_REFUSED);
	end_close(&e);
}

TESTS(a_call_returns_its_reply, a_call_carries_the_request_id,
      a_late_reply_is_not_taken_for_the_next,
      a_reply_to_another_request_is_rejected, a_closed_peer_is_detected_at_once,
      an_idempotent_request_is_repeated,
      a_silent_peer_times_out_at_the_deadline,
      a_call_without_a_free_slot_fails_at_once,
      calls_wait_for_a_slot_in_their_queue,
      a_call_waits_no_longer_than_the_queue_allows,
      a_closed_connection_is_reopened, a_missing_socket_is_unavailable,
      an_error_reply_returns_that_error, a_request_over_the_limit_is_not_sent,
      a_command_returns_lines_until_its_status)
