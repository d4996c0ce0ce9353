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
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"

struct ipc_frame_header {
	uint8_t version;
	uint8_t type;
	uint64_t id; /* big-endian */
} __attribute__((packed));

_Static_assert(sizeof(struct ipc_frame_header) == IPC_HEADER_BYTES,
               "the head is ten bytes");

static bool ipc_send_packet(int fd, const struct ipc_frame_header *head,
                            const struct strbuf *body, struct error *err)
{
	struct iovec parts[] = {
		{ .iov_base = (void *)(uintptr_t)head,
		  .iov_len = IPC_HEADER_BYTES },
		{ .iov_base = body->data, .iov_len = body->length },
	};
	const struct msghdr packet = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t sent;

	do
		sent = sendmsg(fd, &packet, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return error_set(err, ERROR_UNAVAILABLE, "cannot send: %s",
		                 strerror(errno));
	return true;
}

bool ipc_frame_send(int fd, uint8_t type, uint64_t id, const json_t *body,
                    struct error *err)
{
	const struct ipc_frame_header head = { IPC_VERSION, type, htobe64(id) };
	struct arena *a = arena_open();
	/* In an arena, because an arena is wiped when closed. */
	struct strbuf text = strbuf_init(a);
	bool good = json_is_object(body);

	if (good)
		js_append(&text, body);
	if (!good)
		good = error_set(err, ERROR_INVALID, "frame body is not JSON");
	else if (text.length > IPC_MAX_BODY_BYTES)
		good = error_set(err, ERROR_INVALID,
		                 "frame body of %zu bytes is larger than %d",
		                 text.length, IPC_MAX_BODY_BYTES);
	else
		good = ipc_send_packet(fd, &head, &text, err);
	arena_close(a);
	return good;
}

static bool wait_for_packet(int fd, int deadline_ms, struct error *err)
{
	const int64_t deadline = clock_monotonic_ms() + deadline_ms;
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int remaining = deadline_ms;

	for (;;) {
		int count = poll(&ready, 1, remaining);

		if (count > 0)
			return true;
		if (count < 0 && errno != EINTR)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "poll failed: %s", strerror(errno));
		remaining = (int)(deadline - clock_monotonic_ms());
		if (remaining <= 0)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "no reply before the deadline");
	}
}

/* Returns the length of the next packet without consuming it; an error if the
 * peer closed. */
static bool peek_packet_length(int fd, size_t *ret_length, struct error *err)
{
	ssize_t length;
	char first;

	do
		length = recv(fd, &first, 1, MSG_PEEK | MSG_TRUNC);
	while (length < 0 && errno == EINTR);
	if (length == 0 || (length < 0 && errno == ECONNRESET))
		return error_set(err, ERROR_UNAVAILABLE, "closed");
	if (length < 0 && errno == EAGAIN)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "no reply before the deadline");
	if (length < 0)
		return error_set(err, ERROR_UNAVAILABLE, "cannot receive: %s",
		                 strerror(errno));
	*ret_length = (size_t)length;
	return true;
}

bool ipc_frame_receive(struct arena *a, int fd, int deadline_ms,
                       uint8_t *ret_type, uint64_t *ret_id, json_t **ret_body,
                       struct error *err)
{
	struct ipc_frame_header head;
	size_t length = 0;

	/* Without a deadline the peek itself waits, up to the socket's timeout
	 * if there is one. */
	if ((deadline_ms >= 0 && !wait_for_packet(fd, deadline_ms, err)) ||
	    !peek_packet_length(fd, &length, err))
		return false;
	if (length < IPC_HEADER_BYTES ||
	    length > IPC_HEADER_BYTES + IPC_MAX_BODY_BYTES)
		return error_set(err, ERROR_INVALID,
		                 "invalid frame size: %zu bytes", length);
	char *bytes = arena_alloc(a, length);

	if (recv(fd, bytes, length, 0) != (ssize_t)length)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "connection closed within a frame");
	memcpy(&head, bytes, IPC_HEADER_BYTES);
	if (head.version != IPC_VERSION)
		return error_set(err, ERROR_INVALID,
		                 "unsupported frame version %d", head.version);
	if (!js_parse(a, bytes + IPC_HEADER_BYTES, length - IPC_HEADER_BYTES,
	              ret_body, err))
		return false;
	*ret_type = head.type;
	*ret_id = be64toh(head.id);
	return true;
}
