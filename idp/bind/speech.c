/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sock_protocol.c: parses the sock overlay's BIND request (slapd-sock(5)).
 * slapd writes the DN and the password unescaped, including newlines, so every
 * line must match exactly; else ERROR_INVALID. */
#include "idp/bind/speech.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/text.h"

enum { HEAR_MS = 500, PASSWORD_MOST = 1024, SIMPLE = 128 };

static const char end[] = "\n\n";

/* The part not parsed yet. */
struct rest {
	struct arena *arena;
	const char *at;
	size_t length;
};

/* ---- sending */

static bool say(int fd, const char *words)
{
	size_t length = strlen(words);

	return send(fd, words, length, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)length;
}

bool speech_begin(int fd)
{
	return say(fd, SPEECH_DOUBT);
}

void speech_end(int fd, enum reply r)
{
	static const char *const words[] = {
		[REPLY_AWAY] = "code: 52\n\n",
		[REPLY_BUSY] = "code: 51\n\n",
		[REPLY_WRONG] = "code: 49\n\n",
		[REPLY_PROVED] = "code: 0\n\n",
		[REPLY_ASK_THE_ENTRY] = "CONTINUE\n",
	};

	/* A peer that has closed already has the default deny. */
	(void)!say(fd, words[r]);
}

/* ---- receiving */

static bool is_whole(const char *said, size_t length)
{
	return length >= strlen(end) &&
	       memcmp(said + length - strlen(end), end, strlen(end)) == 0;
}

size_t speech_hear(int fd, char *room, size_t size)
{
	int64_t until = clock_monotonic_ms() + HEAR_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t length = 0;

	while (length < size && !is_whole(room, length)) {
		int64_t left = until - clock_monotonic_ms();

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			break;
		ssize_t got = recv(fd, room + length, size - length, 0);
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	return length;
}

/* ---- parsing */

/* Returns the next line without the given prefix; NULL, consuming nothing, if
 * it has another prefix or a NUL. */
static const char *take_line(struct rest *r, const char *beginning)
{
	size_t skip = strlen(beginning);
	const char *stop =
	    r->length > 0 ? memchr(r->at, '\n', r->length) : NULL;

	if (!stop || (size_t)(stop - r->at) < skip ||
	    memcmp(r->at, beginning, skip) != 0)
		return NULL;
	size_t length = (size_t)(stop - r->at);

	if (memchr(r->at, '\0', length))
		return NULL;
	const char *line = arena_bytes(r->arena, r->at + skip, length - skip);

	r->at += length + 1;
	r->length -= length + 1;
	return line;
}

static bool take_number(struct rest *r, const char *beginning, long long most,
                        long long *ret)
{
	const char *line = take_line(r, beginning);

	return line && text_to_number(line, 0, most, ret);
}

/* "IP=10.1.2.3:40312" and "IP=[2001:db8::1]:40312". */
static const char *address_in(struct arena *a, const char *peer)
{
	const char *colon = peer ? strrchr(peer, ':') : NULL;

	if (!colon || !text_starts(peer, "IP="))
		return NULL;
	return arena_bytes(a, peer + 3, (size_t)(colon - peer) - 3);
}

/* Optional lines, enabled by `extensions`, in slapd's own order. */
static const char *take_extensions(struct rest *r)
{
	(void)take_line(r, "binddn: ");
	const char *peer = take_line(r, "peername: ");

	(void)take_line(r, "ssf: ");
	(void)take_line(r, "connid: ");
	return address_in(r->arena, peer);
}

/* Parses the password, which must be followed by the end of the request. */
static bool take_password(struct rest *r, size_t length, const char **ret)
{
	static const char before[] = "cred: ";
	const size_t skip = sizeof(before) - 1;

	if (r->length != skip + length + strlen(end) ||
	    memcmp(r->at, before, skip) != 0 || !is_whole(r->at, r->length) ||
	    !text_is_utf8(r->at + skip, length))
		return false;
	*ret = arena_bytes(r->arena, r->at + skip, length);
	return true;
}

bool speech_read(struct arena *a, const char *said, size_t length,
                 struct speech *ret, struct fault *why)
{
	struct rest r = { a, said, length };
	struct speech s = { 0 };
	long long number = 0, method = 0, secret = 0;

	if (!take_line(&r, "BIND") ||
	    !take_number(&r, "msgid: ", 1LL << 31, &number))
		return fault(why, FAULT_INVALID, "not a bind");
	s.address = take_extensions(&r);
	while (take_line(&r, "suffix: "))
		continue;
	s.dn = take_line(&r, "dn: ");
	if (!s.dn || !*s.dn || !text_is_utf8(s.dn, strlen(s.dn)))
		return fault(why, FAULT_INVALID, "no name in the bind");
	if (!take_number(&r, "method: ", SIMPLE, &method) || method != SIMPLE)
		return fault(why, FAULT_INVALID, "not a simple bind");
	/* RFC 4513 5.1.2: an empty password is not an authentication. */
	if (!take_number(&r, "credlen: ", PASSWORD_MOST, &secret) ||
	    secret == 0 || !take_password(&r, (size_t)secret, &s.password))
		return fault(why, FAULT_INVALID, "no password in the bind");
	*ret = s;
	return true;
}
