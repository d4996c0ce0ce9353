/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sock_protocol.c: parses the sock overlay's BIND request (slapd-sock(5)).
 * slapd writes the DN and the password unescaped, including newlines, so every
 * line must match exactly; else ERROR_INVALID. */
#include "idp/slapd_sock/sock_protocol.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

enum {
	RECEIVE_TIMEOUT_MS = 500,
	MAX_PASSWORD_BYTES = 1024,
	METHOD_SIMPLE = 128
};

static const char request_end[] = "\n\n";

/* The part not parsed yet. */
struct sock_cursor {
	struct arena *arena;
	const char *at;
	size_t length;
};

/* ---- sending */

static bool sock_send(int fd, const char *text)
{
	size_t length = strlen(text);

	return send(fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)length;
}

bool sock_send_default_deny(int fd)
{
	return sock_send(fd, SLAPD_SOCK_DEFAULT_DENY);
}

void sock_send_result(int fd, enum sock_result r)
{
	static const char *const responses[] = {
		[SOCK_RESULT_UNAVAILABLE] = "code: 52\n\n",
		[SOCK_RESULT_BUSY] = "code: 51\n\n",
		[SOCK_RESULT_INVALID_CREDENTIALS] = "code: 49\n\n",
		[SOCK_RESULT_SUCCESS] = "code: 0\n\n",
		[SOCK_RESULT_CONTINUE] = "CONTINUE\n",
	};

	/* A peer that has closed already has the default deny. */
	(void)!sock_send(fd, responses[r]);
}

/* ---- receiving */

static bool sock_request_is_complete(const char *request, size_t length)
{
	return length >= strlen(request_end) &&
	       memcmp(request + length - strlen(request_end), request_end,
	              strlen(request_end)) == 0;
}

size_t sock_receive(int fd, char *buffer, size_t size)
{
	int64_t deadline = clock_monotonic_ms() + RECEIVE_TIMEOUT_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t length = 0;

	while (length < size && !sock_request_is_complete(buffer, length)) {
		int64_t remaining = deadline - clock_monotonic_ms();

		if (remaining <= 0 || poll(&p, 1, (int)remaining) <= 0)
			break;
		ssize_t received = recv(fd, buffer + length, size - length, 0);
		if (received <= 0)
			break;
		length += (size_t)received;
	}
	return length;
}

/* ---- parsing */

/* Returns the next line without the given prefix; NULL, consuming nothing, if
 * it has another prefix or a NUL. */
static const char *sock_parse_line(struct sock_cursor *r, const char *prefix)
{
	size_t skip = strlen(prefix);
	const char *stop =
	    r->length > 0 ? memchr(r->at, '\n', r->length) : NULL;

	if (!stop || (size_t)(stop - r->at) < skip ||
	    memcmp(r->at, prefix, skip) != 0)
		return NULL;
	size_t length = (size_t)(stop - r->at);

	if (memchr(r->at, '\0', length))
		return NULL;
	const char *line = arena_memdup(r->arena, r->at + skip, length - skip);

	r->at += length + 1;
	r->length -= length + 1;
	return line;
}

static bool sock_parse_number(struct sock_cursor *r, const char *prefix,
                              long long max, long long *ret)
{
	const char *line = sock_parse_line(r, prefix);

	return line && text_to_number(line, 0, max, ret);
}

/* "IP=10.1.2.3:40312" and "IP=[2001:db8::1]:40312". */
static const char *sock_peer_address(struct arena *a, const char *peer)
{
	const char *colon = peer ? strrchr(peer, ':') : NULL;

	if (!colon || !text_starts(peer, "IP="))
		return NULL;
	return arena_memdup(a, peer + 3, (size_t)(colon - peer) - 3);
}

/* Optional lines, enabled by `extensions`, in slapd's own order. */
static const char *sock_parse_extensions(struct sock_cursor *r)
{
	(void)sock_parse_line(r, "binddn: ");
	const char *peer = sock_parse_line(r, "peername: ");

	(void)sock_parse_line(r, "ssf: ");
	(void)sock_parse_line(r, "connid: ");
	return sock_peer_address(r->arena, peer);
}

/* Parses the password, which must be followed by the end of the request. */
static bool sock_parse_password(struct sock_cursor *r, size_t length,
                                const char **ret)
{
	static const char prefix[] = "cred: ";
	const size_t skip = sizeof(prefix) - 1;

	if (r->length != skip + length + strlen(request_end) ||
	    memcmp(r->at, prefix, skip) != 0 ||
	    !sock_request_is_complete(r->at, r->length) ||
	    !text_is_utf8(r->at + skip, length))
		return false;
	*ret = arena_memdup(r->arena, r->at + skip, length);
	return true;
}

bool sock_parse(struct arena *a, const char *request, size_t length,
                struct sock_bind_request *ret, struct error *err)
{
	struct sock_cursor r = { a, request, length };
	struct sock_bind_request s = { 0 };
	long long number = 0, method = 0, password_length = 0;

	if (!sock_parse_line(&r, "BIND") ||
	    !sock_parse_number(&r, "msgid: ", 1LL << 31, &number))
		return error_set(err, ERROR_INVALID, "not a BIND request");
	s.address = sock_parse_extensions(&r);
	while (sock_parse_line(&r, "suffix: "))
		continue;
	s.dn = sock_parse_line(&r, "dn: ");
	if (!s.dn || !*s.dn || !text_is_utf8(s.dn, strlen(s.dn)))
		return error_set(err, ERROR_INVALID,
		                 "DN of the bind is missing or not UTF-8");
	if (!sock_parse_number(&r, "method: ", METHOD_SIMPLE, &method) ||
	    method != METHOD_SIMPLE)
		return error_set(err, ERROR_INVALID, "not a simple bind");
	/* RFC 4513 5.1.2: an empty password is not an authentication. */
	if (!sock_parse_number(&r, "credlen: ", MAX_PASSWORD_BYTES,
	                       &password_length) ||
	    password_length == 0 ||
	    !sock_parse_password(&r, (size_t)password_length, &s.password))
		return error_set(err, ERROR_INVALID,
		                 "password of the bind is missing or too long");
	*ret = s;
	return true;
}
