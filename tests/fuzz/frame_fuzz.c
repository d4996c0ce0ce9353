/* SPDX-License-Identifier: AGPL-3.0-or-later
 * frame_fuzz.c: an arbitrary packet as an IPC frame. An accepted frame has the
 * right version, the id and kind of its header, and one object; sent and
 * received again it is the same. */
#include "tests/fuzz/fuzz.h"

#include <endian.h>
#include <sys/socket.h>
#include <unistd.h>

#include "region/ipc/ipc_client.h"

enum { WAIT_MS = 100 };

static void head_is(const uint8_t *data, uint8_t kind, uint64_t id)
{
	uint64_t sent;

	memcpy(&sent, data + 2, sizeof(sent));
	assert(data[0] == IPC_VERSION && data[1] == kind);
	assert(be64toh(sent) == id);
}

static void comes_back(struct arena *a, const int pair[2], uint8_t kind,
                       uint64_t id, const json_t *body)
{
	struct error err = { 0 };
	uint8_t kind_again;
	uint64_t id_again;
	json_t *again;

	/* Escaping may make it exceed the frame size. */
	if (!ipc_frame_send(pair[0], kind, id, body, &err))
		return;
	assert(ipc_frame_receive(a, pair[1], WAIT_MS, &kind_again, &id_again,
	                         &again, &err));
	assert(kind == kind_again && id == id_again);
	assert(json_equal(body, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct error err = { 0 };
	int pair[2];
	uint8_t kind;
	uint64_t id;
	json_t *body;

	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ==
	       0);
	if (size > 0 && send(pair[0], data, size, MSG_NOSIGNAL) >= 0) {
		if (ipc_frame_receive(a, pair[1], WAIT_MS, &kind, &id, &body,
		                      &err)) {
			assert(size >= IPC_HEADER_BYTES &&
			       size <= IPC_HEADER_BYTES + IPC_MAX_BODY_BYTES);
			assert(json_is_object(body));
			head_is(data, kind, id);
			comes_back(a, pair, kind, id, body);
		} else {
			assert(err.kind != ERROR_NONE);
		}
	}
	arena_close(a);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
