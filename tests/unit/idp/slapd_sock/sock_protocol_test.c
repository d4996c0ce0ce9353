/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of sock_protocol.c: requests of slapd's sock overlay, and what a client
 * can inject: slapd 2.5.13 writes the newlines of a DN unescaped. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "idp/slapd_sock/sock_protocol.h"
#include "lib/compiler.h"

#define HEAD "BIND\nmsgid: 1\nsuffix: dc=x\n"
#define DN   "dn: portvaktId=1,ou=people,dc=x\n"

static bool parses(struct arena *a, const char *input, size_t length,
                   struct sock_bind_request *s)
{
	struct error err = { 0 };
	/* An exact copy, so that the sanitizer detects a read past its end. */
	char *copy = malloc(length + 1);

	if (!copy)
		abort();
	memcpy(copy, input, length);
	bool good = sock_parse(a, copy, length, s, &err);

	free(copy);
	assert_true(good || err.kind == ERROR_INVALID);
	return good;
}

static void a_bind_request_of_slapd_is_parsed(void **state)
{
	static const char input[] =
	    HEAD DN "method: 128\ncredlen: 6\ncred: hemmel\n\n";
	struct arena *a = arena_open();
	struct sock_bind_request s;

	(void)state;
	assert_true(parses(a, input, sizeof(input) - 1, &s));
	assert_string_equal(s.dn, "portvaktId=1,ou=people,dc=x");
	assert_string_equal(s.password, "hemmel");
	assert_null(s.address);
	arena_close(a);
}

static void the_client_address_has_no_port(void **state)
{
	static const struct {
		const char *input, *address;
	} rows[] = {
		{ "IP=10.1.2.3:40312", "10.1.2.3" },
		{ "IP=[2001:db8::1]:636", "[2001:db8::1]" },
		{ "PATH=/run/ldapi", NULL },
		{ "IP=", NULL },
		{ "", NULL },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char input[256];
		struct sock_bind_request s;
		int length = snprintf(
		    input, sizeof(input),
		    "BIND\nmsgid: 9\nbinddn: \npeername: %s\nssf: 256\n"
		    "connid: 1\nsuffix: dc=x\nsuffix: dc=y\n" DN
		    "method: 128\ncredlen: 1\ncred: a\n\n",
		    rows[i].input);

		assert_true(parses(a, input, (size_t)length, &s));
		if (rows[i].address)
			assert_string_equal(s.address, rows[i].address);
		else
			assert_null(s.address);
	}
	arena_close(a);
}

static void a_password_may_contain_newlines_and_utf8(void **state)
{
	static const char input[] = HEAD DN
	    "method: 128\ncredlen: 13\ncred: \xc3\xa6\n\ncred: y\n\n\n\n";
	struct arena *a = arena_open();
	struct sock_bind_request s;

	(void)state;
	assert_true(parses(a, input, sizeof(input) - 1, &s));
	assert_string_equal(s.password, "\xc3\xa6\n\ncred: y\n\n");
	arena_close(a);
}

static void any_other_request_is_rejected(void **state)
{
	static const char *const rows[] = {
		"",
		"\n\n",
		"BIND\n",
		"SEARCH\nmsgid: 1\nbase: dc=x\n\n",
		"BIND\nmsgid: x\nsuffix: dc=x\n" DN
		"method: 128\ncredlen: 1\ncred: a\n\n",
		/* no DN; an empty one; not UTF-8 */
		HEAD "method: 128\ncredlen: 1\ncred: a\n\n",
		HEAD "dn: \nmethod: 128\ncredlen: 1\ncred: a\n\n",
		HEAD "dn: \xff\nmethod: 128\ncredlen: 1\ncred: a\n\n",
		/* another method */
		HEAD DN "method: 163\ncredlen: 1\ncred: a\n\n",
		HEAD DN "method: -1\ncredlen: 1\ncred: a\n\n",
		/* lengths that differ from the password's */
		HEAD DN "method: 128\ncredlen: 0\ncred: \n\n",
		HEAD DN "method: 128\ncredlen: 2\ncred: a\n\n",
		HEAD DN "method: 128\ncredlen: 1\ncred: ab\n\n",
		HEAD DN
		"method: 128\ncredlen: 18446744073709551615\ncred: a\n\n",
		HEAD DN "method: 128\ncredlen: -1\ncred: a\n\n",
		HEAD DN "method: 128\ncredlen: 1025\ncred: a\n\n",
		HEAD DN "method: 128\ncredlen:\ncred: a\n\n",
		HEAD DN "method: 128\ncred: a\n\n",
		HEAD DN "method: 128\ncredlen: 1\n\n",
		HEAD DN "method: 128\ncredlen: 1\ncred: a\n",
		HEAD DN "method: 128\ncredlen: 1\ncred: a",
		HEAD DN "method: 128\ncredlen: 1\ncred: \xff\n\n",
		/* a DN with injected lines, before slapd's own */
		HEAD "dn: uid=a\nmethod: 128\ncredlen: 1\ncred: a\n\n"
		     ",dc=x\nmethod: 128\ncredlen: 1\ncred: b\n\n",
		HEAD "dn: uid=a\nmethod: 128,dc=x\n"
		     "method: 128\ncredlen: 1\ncred: b\n\n",
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct sock_bind_request s;

		if (parses(a, rows[i], strlen(rows[i]), &s))
			fail_msg("was read: %s", rows[i]);
	}
	arena_close(a);
}

static void a_nul_in_dn_or_password_is_rejected(void **state)
{
	static const char name[] = HEAD
	    "dn: portvaktId=1\0,dc=x\nmethod: 128\ncredlen: 1\ncred: a\n\n";
	static const char whole[] =
	    HEAD DN "method: 128\ncredlen: 3\ncred: a\0b\n\n";
	/* As slapd writes it. */
	static const char cut[] =
	    HEAD DN "method: 128\ncredlen: 3\ncred: a\n\n";
	struct arena *a = arena_open();
	struct sock_bind_request s;

	(void)state;
	assert_false(parses(a, name, sizeof(name) - 1, &s));
	assert_false(parses(a, whole, sizeof(whole) - 1, &s));
	assert_false(parses(a, cut, sizeof(cut) - 1, &s));
	arena_close(a);
}

static void every_truncated_request_is_rejected(void **state)
{
	static const char input[] =
	    HEAD DN "method: 128\ncredlen: 6\ncred: hemmel\n\n";
	struct arena *a = arena_open();
	struct sock_bind_request s;

	(void)state;
	for (size_t i = 0; i < sizeof(input) - 1; i++)
		assert_false(parses(a, input, i, &s));
	arena_close(a);
}

/* ---- on a socket */

static const char *read_until_close(int fd)
{
	static char input[128];
	size_t length = 0;
	ssize_t got;

	while ((got = recv(fd, input + length, sizeof(input) - 1 - length, 0)) >
	       0)
		length += (size_t)got;
	input[length] = '\0';
	return input;
}

/* str2result() of slapd uses the last code; without one, success. */
static void a_connection_without_a_result_is_denied(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_true(sock_send_default_deny(pair[0]));
	(void)close(pair[0]);
	assert_string_equal(read_until_close(pair[1]), "RESULT\ncode: 52\n");
	(void)close(pair[1]);
}

static void the_result_is_sent_last(void **state)
{
	static const struct {
		enum sock_result reply;
		const char *last;
	} rows[] = {
		{ SOCK_RESULT_UNAVAILABLE, "code: 52\n\n" },
		{ SOCK_RESULT_BUSY, "code: 51\n\n" },
		{ SOCK_RESULT_INVALID_CREDENTIALS, "code: 49\n\n" },
		{ SOCK_RESULT_SUCCESS, "code: 0\n\n" },
		{ SOCK_RESULT_CONTINUE, "CONTINUE\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		assert_true(sock_send_default_deny(pair[0]));
		sock_send_result(pair[0], rows[i].reply);
		(void)close(pair[0]);
		assert_string_equal(read_until_close(pair[1]) +
		                        strlen(SLAPD_SOCK_DEFAULT_DENY),
		                    rows[i].last);
		(void)close(pair[1]);
	}
}

static void a_silent_client_times_out(void **state)
{
	char room[SLAPD_SOCK_MAX_REQUEST];
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(send(pair[1], "BIND\n", 5, 0), 5);
	assert_int_equal(sock_receive(pair[0], room, sizeof(room)), 5);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void a_request_over_the_limit_is_truncated(void **state)
{
	static char long_request[4 * SLAPD_SOCK_MAX_REQUEST];
	char room[SLAPD_SOCK_MAX_REQUEST];
	int pair[2];

	(void)state;
	memset(long_request, 'x', sizeof(long_request));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_true(send(pair[1], long_request, sizeof(long_request), 0) > 0);
	assert_int_equal(sock_receive(pair[0], room, sizeof(room)),
	                 sizeof(room));
	(void)close(pair[0]);
	(void)close(pair[1]);
}

TESTS(a_bind_request_of_slapd_is_parsed, the_client_address_has_no_port,
      a_password_may_contain_newlines_and_utf8, any_other_request_is_rejected,
      a_nul_in_dn_or_password_is_rejected, every_truncated_request_is_rejected,
      a_connection_without_a_result_is_denied, the_result_is_sent_last,
      a_silent_client_times_out, a_request_over_the_limit_is_truncated)
