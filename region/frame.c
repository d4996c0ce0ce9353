/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_frame.c: one request or reply as one packet: a header of ten bytes, then
 * a JSON object of at most IPC_MAX_BODY_BYTES.  A larger, malformed or non-JSON
 * frame is ERROR_INVALID. */
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "region/ask.h"

struct head {
	uint8_t version;
	uint8_t kind;
	uint64_t id; /* big-endian */
} __attribute__((packed));

_Static_assert(sizeof(struct head) == ASK_HEAD, "the head is ten bytes");

static bool send_packet(int fd, const struct head *head,
                        const struct text *body, struct fault *why)
{
	struct iovec parts[] = {
		{ .iov_base = (void *)(uintptr_t)head, .iov_len = ASK_HEAD },
		{ .iov_base = body->at, .iov_len = body->length },
	};
	const struct msghdr packet = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t sent;

	do
		sent = sendmsg(fd, &packet, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return fault(why, FAULT_UNAVAILABLE, "cannot send: %s",
		             strerror(errno));
	return true;
}

bool frame_send(int fd, uint8_t kind, uint64_t id, const json_t *body,
                struct fault *why)
{
	const struct head head = { ASK_VERSION, kind, htobe64(id) };
	struct arena *a = arena_open();
	/* In an arena, because an arena is wiped when closed. */
	struct text text = text_in(a);
	bool good = json_is_object(body);

	if (good)
		js_add(&text, body);
	if (!good)
		good = fault(why, FAULT_INVALID, "the frame is not JSON");
	else if (text.length > ASK_MOST)
		good = fault(why, FAULT_INVALID,
		             "the frame has %zu bytes, over %d", text.length,
		             ASK_MOST);
	else
		good = send_packet(fd, &head, &text, why);
	arena_close(a);
	return good;
}

static bool wait_readable(int fd, int deadline_ms, struct fault *why)
{
	const int64_t until = clock_monotonic_ms() + deadline_ms;
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int left = deadline_ms;

	for (;;) {
		int count = poll(&ready, 1, left);

		if (count > 0)
			return true;
		if (count < 0 && errno != EINTR)
			return fault(why, FAULT_UNAVAILABLE, "cannot wait: %s",
			             strerror(errno));
		left = (int)(until - clock_monotonic_ms());
		if (left <= 0)
			return fault(why, FAULT_UNAVAILABLE,
			             "no answer in time");
	}
}

/* Returns the length of the next packet without consuming it; an error if the
 * peer closed. */
static bool next_length(int fd, size_t *ret_length, struct fault *why)
{
	ssize_t length;
	char first;

	do
		length = recv(fd, &first, 1, MSG_PEEK | MSG_TRUNC);
	while (length < 0 && errno == EINTR);
	if (length == 0 || (length < 0 && errno == ECONNRESET))
		return fault(why, FAULT_UNAVAILABLE, "closed");
	if (length < 0 && errno == EAGAIN)
		return fault(why, FAULT_UNAVAILABLE, "no answer in time");
	if (length < 0)
		return fault(why, FAULT_UNAVAILABLE, "cannot receive: %s",
		             strerror(errno));
	*ret_length = (size_t)length;
	return true;
}

bool frame_receive(struct arena *a, int fd, int deadline_ms, uint8_t *ret_kind,
                   uint64_t *ret_id, json_t **ret_body, struct fault *why)
{
	struct head head;
	size_t length;

	/* Without a deadline the peek itself waits, up to the socket's timeout
	 * if there is one. */
	if ((deadline_ms >= 0 && !wait_readable(fd, deadline_ms, why)) ||
	    !next_length(fd, &length, why))
		return false;
	if (length < ASK_HEAD || length > ASK_HEAD + ASK_MOST)
		return fault(why, FAULT_INVALID, "a frame of %zu bytes",
		             length);
	char *bytes = arena_alloc(a, length);

	if (recv(fd, bytes, length, 0) != (ssize_t)length)
		return fault(why, FAULT_UNAVAILABLE, "half a frame");
	memcpy(&head, bytes, ASK_HEAD);
	if (head.version != ASK_VERSION)
		return fault(why, FAULT_INVALID, "a frame of version %d",
		             head.version);
	if (!js_read(a, bytes + ASK_HEAD, length - ASK_HEAD, ret_body, why))
		return false;
	*ret_kind = head.kind;
	*ret_id = be64toh(head.id);
	return true;
}
