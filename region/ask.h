/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_client.h: calls another process over a SOCK_SEQPACKET socket: a slot per
 * call, one frame each way, a deadline, and a request id that the reply must
 * repeat. */
#ifndef REGION_ASK_H
#define REGION_ASK_H

#include <stdint.h>

#include "lib/json.h"
#include "region/kinds.h"

enum { ASK_VERSION = 1, ASK_HEAD = 10, ASK_MOST = 65536 };

struct ask;

/* Returns a client for the socket at path: at most slots calls at once, each on
 * a connection of its own that stays open; deadline_ms applies to each call.
 * Connects on the first call.  Never NULL; the caller closes it. */
struct ask *ask_open(const char *path, int slots, int deadline_ms);
void ask_close(struct ask *k);

/* Sends request (borrowed; its "conf" is set to the first 16 digits of
 * config_hash if that is not NULL) and returns the reply, living in a.  An
 * error reply is returned as that error.  ERROR_UNAVAILABLE: at once, reason
 * "busy", if no slot is free; at the deadline; or when the peer closes.  Then
 * the connection is closed, so a late reply cannot be taken for the next one.
 * A request is sent once more if its connection was dead before a byte was
 * sent, or if it is idempotent (signatures, MACs, lookups) and the peer closed
 * without a reply. */
bool ask(struct ask *k, struct arena *a, enum kind_of_question kind,
         const char *conf, json_t *question, json_t **ret_answer,
         struct fault *why) must_check;

/* Returns the number of slots in use. */
int ask_busy(struct ask *k);

/* Sends IPC_COMMAND with args and calls each for every line of the reply,
 * waiting at most deadline_ms (negative: without limit) for each.  Returns true
 * on status 0.  On status 1: ERROR_REFUSED with an empty text; the lines have
 * the reason. */
bool ask_lines(const char *path, int deadline_ms, char **words,
               void (*each)(const char *line, void *with), void *with,
               struct fault *why) must_check;

/* Sends one frame on a connected SOCK_SEQPACKET socket. */
bool frame_send(int fd, uint8_t kind, uint64_t id, const json_t *body,
                struct fault *why) must_check;
/* Receives one frame, its body living in a.  On error: ERROR_UNAVAILABLE, with
 * the text "closed" if the peer closed.  A negative deadline_ms waits without
 * limit. */
bool frame_receive(struct arena *a, int fd, int deadline_ms, uint8_t *ret_kind,
                   uint64_t *ret_id, json_t **ret_body,
                   struct fault *why) must_check;

#endif
