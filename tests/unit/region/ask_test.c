/* SPDX-License-Identifier: AGPL-3.0-or-later
 * The asking end, against ends that answer late, wrongly or not at all. */
#include "tests/unit/test.h"

#include <endian.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "region/ask.h"

enum { DEADLINE = 150 };

/* An answering end that does as each test says, one connection at a time. */
struct end {
	char folder[64], path[96];
	int listening;
	pthread_t thread;
	void (*each)(struct end *e, int fd, uint8_t kind, uint64_t id,
	             const json_t *body);
	int connections, questions;
	int held[64]; /* descriptors kept open until the end */
	int held_count;
};

static void serve(struct end *e, int fd)
{
	struct arena *a = arena_open();
	uint8_t kind;
	uint64_t id;
	json_t *body;

	if (frame_receive(a, fd, 1000, &kind, &id, &body, NULL)) {
		e->questions++;
		e->each(e, fd, kind, id, body);
	}
	arena_close(a);
}

static void *run_end(void *with)
{
	struct end *e = with;

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
	assert_true(frame_send(fd, kind | ASK_ANSWER, id, body, NULL));
}

static bool put(struct ask *k, enum kind_of_question kind, long long number,
                long long *ret_number, struct fault *why)
{
	struct arena *a = arena_open();
	own(release_json) json_t *question = json_pack("{s:I}", "n", number);
	json_t *answer = NULL;
	bool good = ask(k, a, kind, NULL, question, &answer, why);

	if (good)
		*ret_number = js_number(answer, "n", -1);
	arena_close(a);
	return good;
}

static void a_question_comes_back_as_its_answer(void **state)
{
	struct end e;
	struct arena *a = arena_open();
	own(release_json) json_t *question = json_pack("{s:s}", "w", "blåbær");
	json_t *answer;

	(void)state;
	end_open(&e, echo);
	struct ask *k = ask_open(e.path, 1, DEADLINE);

	assert_true(ask(k, a, ASK_SUBJECT, "0123456789abcdef0123", question,
	                &answer, NULL));
	assert_string_equal(js_string(answer, "w"), "blåbær");
	assert_string_equal(js_string(answer, "conf"), "0123456789abcdef");
	assert_int_equal(ask_busy(k), 0);
	ask_close(k);
	end_close(&e);
	arena_close(a);
}

/* Answers the first question after the asker has given up, with its id. */
static void late_once(struct end *e, int fd, uint8_t kind, uint64_t id,
                      const json_t *body)
{
	if (js_number(body, "n", 0) % 2 == 1)
		(void)usleep((DEADLINE + 20) * 1000);
	(void)!frame_send(fd, kind | ASK_ANSWER, id, body, NULL);
	(void)e;
}

static void a_late_answer_is_never_the_next_ones(void **state)
{
	struct end e;
	long long n;

	(void)state;
	end_open(&e, late_once);
	struct ask *k = ask_open(e.path, 1, DEADLINE);

	for (int i = 1; i < 12; i += 2) {
		struct fault why = { 0 };

		assert_false(put(k, ASK_SUBJECT, i, &n, &why));
		assert_int_equal(why.kind, FAULT_UNAVAILABLE);
		(void)usleep(40 * 1000);
		assert_true(put(k, ASK_SUBJECT, i + 1, &n, &why));
		assert_int_equal(n, i + 1);
	}
	ask_close(k);
	end_close(&e);
}

static void answer_another(struct end *e, int fd, uint8_t kind, uint64_t id,
                           const json_t *body)
{
	(void)e;
	assert_true(frame_send(fd, kind | ASK_ANSWER, id - 1, body, NULL));
}

static void answer_other_kind(struct end *e, int fd, uint8_t kind, uint64_t id,
                              const json_t *body)
{
	(void)e;
	assert_true(frame_send(fd, (kind | ASK_ANSWER) + 1, id, body, NULL));
}

static void answer_rubbish(struct end *e, int fd, uint8_t kind, uint64_t id,
                           const json_t *body)
{
	(void)e, (void)kind, (void)id, (void)body;
	assert_int_equal(send(fd, "rubbish rubbish", 15, MSG_NOSIGNAL), 15);
}

static void answer_short(struct end *e, int fd, uint8_t kind, uint64_t id,
                         const json_t *body)
{
	(void)e, (void)kind, (void)id, (void)body;
	assert_int_equal(send(fd, "\1", 1, MSG_NOSIGNAL), 1);
}

/* Version 1, the right kind and id, and then no object. */
static void answer_no_object(struct end *e, int fd, uint8_t kind, uint64_t id,
                             const json_t *body)
{
	unsigned char bytes[12] = { 1, kind | ASK_ANSWER };
	const uint64_t wire = htobe64(id);

	(void)e, (void)body;
	memcpy(bytes + 2, &wire, sizeof(wire));
	memcpy(bytes + ASK_HEAD, "[]", 2);
	assert_int_equal(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL), 12);
}

static void an_answer_to_something_else_is_none(void **state)
{
	static void (*const ways[])(struct end *, int, uint8_t, uint64_t,
	                            const json_t *) = {
		answer_another, answer_other_kind, answer_rubbish,
		answer_short,   answer_no_object,
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(ways); i++) {
		struct end e;
		struct fault why = { 0 };
		long long n;

		end_open(&e, ways[i]);
		struct ask *k = ask_open(e.path, 1, DEADLINE);

		assert_false(put(k, ASK_SUBJECT, 1, &n, &why));
		assert_int_equal(ask_busy(k), 0);
		/* And the connection is not used again. */
		e.each = echo;
		assert_true(put(k, ASK_SUBJECT, 2, &n, &why));
		assert_int_equal(n, 2);
		assert_int_equal(e.connections, 2);
		ask_close(k);
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

static void a_dead_end_is_noticed_at_once(void **state)
{
	struct end e;
	struct fault why = { 0 };
	long long n;

	(void)state;
	end_open(&e, hang_up);
	struct ask *k = ask_open(e.path, 1, 5000);
	int64_t before = clock_monotonic_ms();

	/* Recording twice would be two receipts: it is put once only. */
	assert_false(put(k, ASK_RECORD, 1, &n, &why));
	assert_int_equal(why.kind, FAULT_UNAVAILABLE);
	assert_in_range(clock_monotonic_ms() - before, 0, 1000);
	assert_int_equal(e.questions, 1);
	/* A signature may be asked for again. */
	assert_true(put(k, ASK_SIGN_TOKEN, 3, &n, &why) ||
	            put(k, ASK_SIGN_TOKEN, 3, &n, &why));
	assert_int_equal(n, 3);
	ask_close(k);
	end_close(&e);
}

static void hang_up_once(struct end *e, int fd, uint8_t kind, uint64_t id,
                         const json_t *body)
{
	(void)kind, (void)id, (void)body;
	(void)shutdown(fd, SHUT_RDWR);
	e->each = echo;
}

static void what_changes_nothing_is_asked_again(void **state)
{
	static const struct {
		enum kind_of_question kind;
		bool answered;
	} rows[] = {
		{ ASK_SIGN_TOKEN, true }, { ASK_SIGN_SAML, true },
		{ ASK_MAC, true },        { ASK_SUBJECT, true },
		{ ASK_FIND, true },       { ASK_RECORD, false },
		{ ASK_PROVE, false },     { ASK_JUDGE, false },
		{ ASK_KEY_ROLL, false },  { ASK_COMMIT, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct end e;
		long long n;

		end_open(&e, hang_up_once);
		struct ask *k = ask_open(e.path, 1, 2000);

		assert_int_equal(put(k, rows[i].kind, 7, &n, NULL),
		                 rows[i].answered);
		ask_close(k);
		end_close(&e);
	}
}

static void say_nothing(struct end *e, int fd, uint8_t kind, uint64_t id,
                        const json_t *body)
{
	(void)e, (void)fd, (void)kind, (void)id, (void)body;
}

static void silence_ends_at_the_deadline(void **state)
{
	struct end e;
	struct fault why = { 0 };
	long long n;

	(void)state;
	end_open(&e, say_nothing);
	struct ask *k = ask_open(e.path, 1, DEADLINE);
	int64_t before = clock_monotonic_ms();

	assert_false(put(k, ASK_SUBJECT, 1, &n, &why));
	assert_int_equal(why.kind, FAULT_UNAVAILABLE);
	assert_in_range(clock_monotonic_ms() - before, DEADLINE - 1,
	                DEADLINE + 400);
	ask_close(k);
	end_close(&e);
}

static void *hold_a_slot(void *k)
{
	long long n;

	(void)put(k, ASK_SUBJECT, 1, &n, NULL);
	return NULL;
}

static void no_free_slot_is_an_answer_at_once(void **state)
{
	struct end e;
	struct fault why = { 0 };
	pthread_t holder;
	long long n;

	(void)state;
	end_open(&e, say_nothing);
	struct ask *k = ask_open(e.path, 1, 600);

	assert_int_equal(pthread_create(&holder, NULL, hold_a_slot, k), 0);
	while (ask_busy(k) == 0)
		(void)usleep(1000);
	int64_t before = clock_monotonic_ms();

	assert_false(put(k, ASK_SUBJECT, 2, &n, &why));
	assert_in_range(clock_monotonic_ms() - before, 0, 100);
	assert_int_equal(why.kind, FAULT_UNAVAILABLE);
	assert_string_equal(why.reason, "busy");
	(void)pthread_join(holder, NULL);
	assert_int_equal(ask_busy(k), 0);
	ask_close(k);
	end_close(&e);
}

/* The end closes after each answer, so every kept connection is dead. */
static void echo_and_leave(struct end *e, int fd, uint8_t kind, uint64_t id,
                           const json_t *body)
{
	echo(e, fd, kind, id, body);
	(void)shutdown(fd, SHUT_RDWR);
}

static void a_connection_that_died_between_questions_is_made_anew(void **state)
{
	struct end e;
	long long n;

	(void)state;
	end_open(&e, echo_and_leave);
	struct ask *k = ask_open(e.path, 1, DEADLINE);

	for (int i = 0; i < 10; i++) {
		assert_true(put(k, ASK_RECORD, i, &n, NULL));
		assert_int_equal(n, i);
		(void)usleep(2000);
	}
	assert_int_equal(e.questions, 10);
	ask_close(k);
	end_close(&e);
}

static void nobody_there_is_unavailable(void **state)
{
	struct ask *k = ask_open("/tmp/nobody.example/s", 1, DEADLINE);
	struct fault why = { 0 };
	long long n;

	(void)state;
	assert_false(put(k, ASK_SUBJECT, 1, &n, &why));
	assert_int_equal(why.kind, FAULT_UNAVAILABLE);
	ask_close(k);
}

static void answer_fault(struct end *e, int fd, uint8_t kind, uint64_t id,
                         const json_t *body)
{
	own(release_json) json_t *said =
	    json_pack("{s:s, s:s, s:s}", "fault", js_string(body, "fault"),
	              "reason", js_string(body, "reason"), "text", "not so");

	(void)e, (void)kind;
	assert_true(frame_send(fd, ASK_FAULT, id, said, NULL));
}

static void a_fault_comes_back_as_that_fault(void **state)
{
	static const struct {
		const char *word, *reason;
		enum fault_kind kind;
		const char *known;
	} rows[] = {
		{ "invalid", "network", FAULT_INVALID, "network" },
		{ "refused", "rule-refuses", FAULT_REFUSED, "rule-refuses" },
		{ "unavailable", "invented", FAULT_UNAVAILABLE, NULL },
		{ "anything", "", FAULT_UNAVAILABLE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct end e;
		struct fault why = { 0 };
		struct arena *a = arena_open();
		own(release_json) json_t *question =
		    json_pack("{s:s, s:s}", "fault", rows[i].word, "reason",
		              rows[i].reason);
		json_t *answer;

		end_open(&e, answer_fault);
		struct ask *k = ask_open(e.path, 1, DEADLINE);

		assert_false(
		    ask(k, a, ASK_SUBJECT, NULL, question, &answer, &why));
		arena_close(a);
		assert_int_equal(why.kind, rows[i].kind);
		assert_true(text_equal(why.reason, rows[i].known));
		assert_string_equal(why.text, "not so");
		ask_close(k);
		end_close(&e);
	}
}

static void what_is_too_large_is_not_sent(void **state)
{
	struct end e;
	struct arena *a = arena_open();
	char *large = arena_alloc(a, ASK_MOST + 1);
	struct fault why = { 0 };
	json_t *answer;

	(void)state;
	memset(large, 'x', ASK_MOST);
	own(release_json) json_t *question = json_pack("{s:s}", "w", large);

	end_open(&e, echo);
	struct ask *k = ask_open(e.path, 1, DEADLINE);

	assert_false(ask(k, a, ASK_SUBJECT, NULL, question, &answer, &why));
	assert_int_equal(why.kind, FAULT_INVALID);
	large[ASK_MOST - 16] = '\0';
	(void)json_object_set_new(question, "w", json_string(large));
	assert_true(ask(k, a, ASK_SUBJECT, NULL, question, &answer, &why));
	ask_close(k);
	end_close(&e);
	arena_close(a);
}

static void three_lines(struct end *e, int fd, uint8_t kind, uint64_t id,
                        const json_t *body)
{
	own(release_json) json_t *line = json_pack("{s:s}", "text", "ein");
	own(release_json) json_t *end =
	    json_pack("{s:i}", "status",
	              json_array_size(js_array(body, "words")) == 2 ? 0 : 1);

	(void)e;
	assert_int_equal(kind, ASK_DO);
	for (int i = 0; i < 3; i++)
		assert_true(frame_send(fd, ASK_LINE, id, line, NULL));
	assert_true(frame_send(fd, ASK_END, id, end, NULL));
}

static void count_line(const char *line, void *with)
{
	assert_string_equal(line, "ein");
	++*(int *)with;
}

static void lines_come_until_the_end(void **state)
{
	char *two[] = { (char[]){ "sync" }, (char[]){ "now" }, NULL };
	struct end e;
	struct fault why = { 0 };
	int count = 0;

	(void)state;
	end_open(&e, three_lines);
	assert_true(ask_lines(e.path, 500, two, count_line, &count, &why));
	assert_int_equal(count, 3);
	assert_false(ask_lines(e.path, 500, two + 1, count_line, &count, &why));
	assert_int_equal(count, 6);
	assert_int_equal(why.kind, FAULT_REFUSED);
	end_close(&e);
}

TESTS(a_question_comes_back_as_its_answer, a_late_answer_is_never_the_next_ones,
      an_answer_to_something_else_is_none, a_dead_end_is_noticed_at_once,
      what_changes_nothing_is_asked_again, silence_ends_at_the_deadline,
      no_free_slot_is_an_answer_at_once,
      a_connection_that_died_between_questions_is_made_anew,
      nobody_there_is_unavailable, a_fault_comes_back_as_that_fault,
      what_is_too_large_is_not_sent, lines_come_until_the_end)
