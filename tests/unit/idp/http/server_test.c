/* SPDX-License-Identifier: AGPL-3.0-or-later
 * server_test.c: sends raw bytes over a Unix socket and checks the response. */
#include "tests/unit/test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "idp/http/server.h"
#include "lib/arena.h"
#include "lib/strbuf.h"

static atomic_int handled;
static char path[64];
static int listening;
static struct http_server *server;

static void echo_request(struct request *r, struct http_response *a)
{
	struct strbuf t = strbuf_init(r->arena);

	atomic_fetch_add(&handled, 1);
	strbuf_appendf(&t, "path=%s query=%s host=%s from=%s body=%zu", r->path,
	               r->query, r->host, r->address, r->body_length);
	for (size_t i = 0; i < r->query_count; i++)
		strbuf_appendf(&t, " q:%s=%s", r->query_params[i].name,
		               r->query_params[i].value);
	for (size_t i = 0; i < r->form_count; i++)
		strbuf_appendf(&t, " f:%s=%s", r->form_params[i].name,
		               r->form_params[i].value);
	response_set_body(a, 200, "text/plain", t.data, t.length);
}

static void send_reason(struct request *r, struct http_response *a, int status,
                        const char *reason)
{
	char *text = arena_printf(r->arena, "refused %s", reason);

	response_set_body(a, status, "text/plain", text, strlen(text));
}

static int start(void **state)
{
	const struct http_server_callbacks calls = { echo_request,
		                                     send_reason };
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/portvakt-test-%d.sock",
	               (int)getpid());
	(void)unlink(path);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)),
	                 0);
	assert_int_equal(listen(listening, 16), 0);
	assert_true(http_server_start(listening, 32, &calls, &server, NULL));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	http_server_drain(server);
	(void)unlink(path);
	return 0;
}

static int connect_client(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = 2 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

/* Sends bytes, shuts down the writing half, and returns all that is received
 * until the server closes. */
static char *exchange(struct arena *a, const char *bytes, size_t length)
{
	struct strbuf got = strbuf_init(a);
	char piece[4096];
	int fd = connect_client();
	size_t sent = 0;

	while (sent < length) {
		ssize_t n = send(fd, bytes + sent, length - sent, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	(void)shutdown(fd, SHUT_WR);
	for (ssize_t n; (n = recv(fd, piece, sizeof(piece), 0)) > 0;)
		strbuf_append_bytes(&got, piece, (size_t)n);
	(void)close(fd);
	return got.data;
}

static int status_of(const char *answer)
{
	return strlen(answer) > 12 ? atoi(answer + 9) : 0;
}

static size_t count_responses(const char *text)
{
	size_t found = 0;

	while ((text = strstr(text, "HTTP/1.1 ")) != NULL) {
		found++;
		text++;
	}
	return found;
}

#define HOST "Host: login.test\r\n"

static const struct {
	const char *why;
	const char *head;
	int least, most; /* range of the status */
} hostile[] = {
	{ "W38 length and chunks",
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled "
	  "HTTP/1.1\r\n" HOST "\r\n",
	  400, 400 },
	{ "W39 two lengths that differ",
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
	  "Content-Length: 5\r\n\r\nhello",
	  400, 400 },
	{ "W39 two lengths that agree",
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
	  "Content-Length: 0\r\n\r\n",
	  400, 400 },
	{ "W39 a length with a sign",
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nhello", 400,
	  400 },
	{ "W39 a length in hex",
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\nhello", 400,
	  400 },
	{ "W39 a list of lengths",
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: 5,5\r\n\r\nhello", 400,
	  400 },
	{ "W39 a negative length",
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400, 400 },
	{ "W39 2^64",
	  "POST / HTTP/1.1\r\n" HOST
	  "Content-Length: 18446744073709551616\r\n\r\n",
	  400, 413 },
	{ "W40 xchunked",
	  "POST / HTTP/1.1\r\n" HOST
	  "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
	  400, 501 },
	{ "W40 two codings",
	  "POST / HTTP/1.1\r\n" HOST
	  "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
	  400, 501 },
	{ "W40 chunked twice",
	  "POST / HTTP/1.1\r\n" HOST
	  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "0\r\n\r\n",
	  400, 501 },
	{ "W41 no host", "GET / HTTP/1.1\r\n\r\n", 400, 400 },
	{ "W41 two hosts",
	  "GET / HTTP/1.1\r\n" HOST "Host: evil.example\r\n\r\n", 400, 400 },
	{ "W41 a user in the host",
	  "GET / HTTP/1.1\r\n"
	  "Host: user@login.test\r\n\r\n",
	  400, 400 },
	{ "W41 a path in the host",
	  "GET / HTTP/1.1\r\n"
	  "Host: login.test/x\r\n\r\n",
	  400, 400 },
	{ "W41 an absolute target",
	  "GET https://evil.example/ HTTP/1.1\r\n" HOST "\r\n", 400, 400 },
	{ "W42 a space before the colon",
	  "GET / HTTP/1.1\r\n"
	  "Host : login.test\r\n\r\n",
	  400, 400 },
	{ "W42 a header name of 8 bits",
	  "GET / HTTP/1.1\r\n" HOST "X-\xc3\xb8: 1\r\n\r\n", 400, 400 },
	{ "W44 a NUL in a parameter",
	  "GET /?user=ola%00admin HTTP/1.1\r\n" HOST "\r\n", 400, 400 },
	{ "W45 an invalid escape", "GET /?a=%zz HTTP/1.1\r\n" HOST "\r\n", 400,
	  400 },
	{ "W45 an escape cut off", "GET /?a=%1 HTTP/1.1\r\n" HOST "\r\n", 400,
	  400 },
	{ "W45 overlong UTF-8", "GET /?a=%c0%ae HTTP/1.1\r\n" HOST "\r\n", 400,
	  400 },
	{ "W45 a surrogate", "GET /?a=%ed%a0%80 HTTP/1.1\r\n" HOST "\r\n", 400,
	  400 },
	{ "W47 TRACE", "TRACE / HTTP/1.1\r\n" HOST "\r\n", 405, 501 },
	{ "W47 PUT", "PUT / HTTP/1.1\r\n" HOST "\r\n", 405, 501 },
	{ "W47 get", "get / HTTP/1.1\r\n" HOST "\r\n", 400, 501 },
	{ "W48 HTTP/1.9", "GET / HTTP/1.9\r\n" HOST "\r\n", 400, 505 },
	{ "W48 HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400,
	  505 },
	{ "W56 a body with gzip",
	  "POST / HTTP/1.1\r\n" HOST
	  "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab",
	  415, 415 },
	{ "a body that is not a form",
	  "POST / HTTP/1.1\r\n" HOST
	  "Content-Type: multipart/form-data; boundary=x\r\n"
	  "Content-Length: 2\r\n\r\nab",
	  415, 415 },
	{ "two types",
	  "POST / HTTP/1.1\r\n" HOST
	  "Content-Type: application/x-www-form-urlencoded\r\n"
	  "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\na=b",
	  400, 400 },
	{ "two Origins",
	  "POST / HTTP/1.1\r\n" HOST "Origin: null\r\n"
	  "Origin: https://login.test\r\nContent-Length: 0\r\n\r\n",
	  400, 400 },
};

static void malformed_heads_are_rejected_and_closed(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(hostile); i++) {
		struct arena *a = arena_open();
		int before = atomic_load(&handled);
		char *got =
		    exchange(a, hostile[i].head, strlen(hostile[i].head));
		int status = status_of(got);

		if (status < hostile[i].least || status > hostile[i].most ||
		    strstr(got, "HTTP/1.1 2") || count_responses(got) == 0 ||
		    atomic_load(&handled) != before)
			fail_msg("%s: %s", hostile[i].why, got);
		arena_close(a);
	}
}

static void bytes_that_are_not_http_reach_no_handler(void **state)
{
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc";
	struct arena *a = arena_open();
	int before = atomic_load(&handled);

	(void)state;
	(void)exchange(a, hello, sizeof(hello) - 1);
	assert_int_equal(atomic_load(&handled), before);
	arena_close(a);
}

/* libmicrohttpd truncates a value at a NUL; the rest must not become another
 * host. */
static void a_nul_in_a_header_is_harmless(void **state)
{
	static const char nul[] = "GET / HTTP/1.1\r\nHost: login.test\0.evil"
				  "\r\nConnection: close\r\n\r\n";
	struct arena *a = arena_open();
	char *got = exchange(a, nul, sizeof(nul) - 1);

	(void)state;
	assert_null(strstr(got, "evil"));
	assert_true(status_of(got) == 400 || strstr(got, "host=login.test "));
	arena_close(a);
}

static char *with_body(struct arena *a, size_t content_length, const char *body,
                       size_t length, size_t *ret)
{
	struct strbuf t = strbuf_init(a);

	strbuf_appendf(&t,
	               "POST /login HTTP/1.1\r\n" HOST
	               "Content-Type: application/x-www-form-urlencoded\r\n"
	               "Content-Length: %zu\r\nConnection: close\r\n\r\n",
	               content_length);
	strbuf_append_bytes(&t, body, length);
	*ret = t.length;
	return t.data;
}

static void body_size_is_limited(void **state)
{
	struct arena *a = arena_open();
	char *big = arena_alloc(a, 140 * 1024);
	size_t length;

	(void)state;
	memset(big, 'a', 140 * 1024 - 1);
	memcpy(big, "w=", 2);
	char *request = with_body(a, 65536, big, 65536, &length);

	assert_int_equal(status_of(exchange(a, request, length)), 200);
	request = with_body(a, 65537, big, 65537, &length);
	assert_int_equal(status_of(exchange(a, request, length)), 413);
	arena_close(a);
}

static void chunked_body_size_is_limited(void **state)
{
	struct arena *a = arena_open();
	struct strbuf t = strbuf_init(a);
	char chunk[8192 + 1];

	(void)state;
	memset(chunk, 'b', 8192);
	chunk[8192] = '\0';
	strbuf_append(&t, "POST / HTTP/1.1\r\n" HOST
	                  "Content-Type: application/x-www-form-urlencoded\r\n"
	                  "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 17; i++)
		strbuf_appendf(&t, "2000\r\n%s\r\n", chunk);
	strbuf_append(&t, "0\r\n\r\n");
	assert_int_equal(status_of(exchange(a, t.data, t.length)), 413);
	arena_close(a);
}

static void too_many_parameters_are_rejected(void **state)
{
	struct arena *a = arena_open();
	struct strbuf t = strbuf_init(a);
	size_t length;

	(void)state;
	for (int i = 0; i < 201; i++)
		strbuf_appendf(&t, "&w%d=1", i);
	char *request = with_body(a, t.length, t.data, t.length, &length);

	assert_int_equal(status_of(exchange(a, request, length)), 400);
	arena_close(a);
}

static void unusual_valid_requests_are_accepted(void **state)
{
	static const char *const odd[][2] = {
		{ "GET /x?state=a%2fb+c&state=&&n HTTP/1.1\r\n" HOST
		  "Connection: close\r\n\r\n",
		  "query=state=a%2fb+c&state=&&n host=login.test from= body=0 "
		  "q:state=a/b c q:state= q:n=" },
		{ "POST / HTTP/1.1\r\nHost: LOGIN.test:8443\r\n"
		  "Content-Type: application/x-www-form-urlencoded; "
		  "charset=UTF-8"
		  "\r\nContent-Length: 17\r\nConnection: close\r\n\r\n"
		  "navn=%C3%98yvind+",
		  "host=login.test:8443 from= body=17 f:navn=\xc3\x98yvind " },
		{ "POST / HTTP/1.1\r\n" HOST
		  "Content-Type: application/x-www-form-urlencoded\r\n"
		  "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
		  "3\r\na=b\r\n0\r\n\r\n",
		  "f:a=b" },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n"
		  "X-Forwarded-For: 127.0.0.1\r\n"
		  "X-Forwarded-For: junk, 10.40.0.7\r\n\r\n",
		  "from=10.40.0.7 " },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n"
		  "X-Forwarded-For: 10.0.0.1, junk\r\n\r\n",
		  "from= " },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(odd); i++) {
		struct arena *a = arena_open();
		char *got = exchange(a, odd[i][0], strlen(odd[i][0]));

		assert_int_equal(status_of(got), 200);
		if (!strstr(got, odd[i][1]))
			fail_msg("%s\nhas no: %s", got, odd[i][1]);
		arena_close(a);
	}
}

static void every_response_has_the_security_headers(void **state)
{
	static const char *const expected[] = {
		"X-Frame-Options: DENY\r\n",
		"X-Content-Type-Options: nosniff\r\n",
		"Referrer-Policy: no-referrer\r\n",
		"Strict-Transport-Security: max-age=63072000\r\n",
		"Cache-Control: no-store\r\n",
		"frame-ancestors 'none'",
		"default-src 'none'",
	};
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
		"PUT / HTTP/1.1\r\n" HOST "\r\n",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(requests) * LENGTH(expected); i++) {
		struct arena *a = arena_open();
		const char *request = requests[i % LENGTH(requests)];

		assert_non_null(strstr(exchange(a, request, strlen(request)),
		                       expected[i / LENGTH(requests)]));
		arena_close(a);
	}
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct arena *a = arena_open();
	struct strbuf t = strbuf_init(a);

	(void)state;
	for (int i = 0; i < 20; i++)
		strbuf_appendf(&t, "GET /%d HTTP/1.1\r\n" HOST "%s\r\n", i,
		               i == 19 ? "Connection: close\r\n" : "");
	char *got = exchange(a, t.data, t.length);

	assert_int_equal(count_responses(got), 20);
	assert_true(strstr(got, "path=/3 ") < strstr(got, "path=/17 "));
	arena_close(a);
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Sends start, then one byte each 200 ms.  Returns the ms until the server
 * closes the connection, at most limit. */
static int64_t trickle(const char *start, int64_t limit)
{
	const struct timespec pause = { .tv_nsec = 200 * 1000 * 1000 };
	int fd = connect_client();
	int64_t began = now_ms();
	char byte;

	(void)send(fd, start, strlen(start), MSG_NOSIGNAL);
	while (now_ms() - began < limit) {
		(void)nanosleep(&pause, NULL);
		if (send(fd, "x", 1, MSG_NOSIGNAL) != 1 ||
		    recv(fd, &byte, 1, MSG_DONTWAIT) == 0)
			break;
	}
	(void)close(fd);
	return now_ms() - began;
}

static void a_request_that_arrives_byte_by_byte_is_ended(void **state)
{
	static const char *const slow[] = {
		"POST / HTTP/1.1\r\n" HOST
		"Content-Type: application/x-www-form-urlencoded\r\n"
		"Content-Length: 1000\r\n\r\n",
		"GET / HTTP/1.1\r\n" HOST "X-Slow: ",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(slow); i++) {
		int before = atomic_load(&handled);
		int64_t took = trickle(slow[i], 20 * 1000);

		assert_in_range(took, 4000, 15 * 1000);
		assert_int_equal(atomic_load(&handled), before);
	}
}

static void an_idle_connection_is_kept_for_the_next_request(void **state)
{
	static const char get[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	const struct timespec pause = { .tv_sec = 6 };
	char answer[4096];
	int fd = connect_client();

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send(fd, get, strlen(get), 0), strlen(get));
		assert_true(recv(fd, answer, sizeof(answer), 0) > 0);
		if (i == 0)
			(void)nanosleep(&pause, NULL);
	}
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_that_arrives_byte_by_byte_is_ended),
		cmocka_unit_test(
		    an_idle_connection_is_kept_for_the_next_request),
		cmocka_unit_test(malformed_heads_are_rejected_and_closed),
		cmocka_unit_test(bytes_that_are_not_http_reach_no_handler),
		cmocka_unit_test(a_nul_in_a_header_is_harmless),
		cmocka_unit_test(body_size_is_limited),
		cmocka_unit_test(chunked_body_size_is_limited),
		cmocka_unit_test(too_many_parameters_are_rejected),
		cmocka_unit_test(unusual_valid_requests_are_accepted),
		cmocka_unit_test(every_response_has_the_security_headers),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, start, stop);
}
