/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_client.h: calls another process over a SOCK_SEQPACKET socket: a slot per
 * call, one frame each way, a deadline, and a request id that the reply must
 * repeat. */
#ifndef REGION_IPC_IPC_CLIENT_H
#define REGION_IPC_IPC_CLIENT_H

#include <stdint.h>

#include "ipc_messages.h"
#include "lib/json.h"

enum { IPC_VERSION = 1, IPC_HEADER_BYTES = 10, IPC_MAX_BODY_BYTES = 65536 };

struct ipc_client;

/* Returns a client for the socket at path: at most slots calls at once, each on
 * a connection of its own that stays open; deadline_ms applies to each call.
 * Connects on the first call.  Never NULL; the caller closes it. */
struct ipc_client *ipc_client_open(const char *path, int slots,
                                   int deadline_ms);
void ipc_client_close(struct ipc_client *client);

/* Lets up to max calls wait for a slot before deadline_ms begins: as long as
 * calls succeed, wait_ms at most, and stall_ms if none does
 * (region/ipc/ipc_queue.h).  Without this none waits.  Before the first call.
 */
void ipc_client_set_queue(struct ipc_client *client, int max, int stall_ms,
                          int wait_ms);

/* The transport of the generated functions.  Sends request (borrowed; its
 * "conf" is set to the first 16 digits of config_hash if that is not NULL, its
 * "request" to the thread's request id) and returns the reply, living in a.  An
 * error reply is returned as that error.  ERROR_UNAVAILABLE: reason
 * "overloaded", if no slot is free in time; at the deadline; or when the peer
 * closes. Then the connection is closed, so a late reply cannot be taken for
 * the next one. A request is sent once more if its connection was dead before a
 * byte was sent, or if it is idempotent and the peer closed without a reply. */
bool ipc_call(struct ipc_client *client, struct arena *a,
              enum ipc_message_type type, const char *config_hash,
              json_t *request, json_t **ret_reply,
              struct error *err) must_check;

/* For the generated functions x_call(): ipc_call() of a request and a reply
 * struct of the message of this type. The reply lives in a; ret_reply NULL: it
 * is not returned.  On error that of ipc_call(), ERROR_INVALID if the request
 * is not as it is defined, or ERROR_UNAVAILABLE if the reply is not. */
bool ipc_call_message(struct ipc_client *client, struct arena *a, unsigned type,
                      const char *config_hash, const void *request,
                      void *ret_reply, struct error *err) must_check;

/* Sends IPC_COMMAND with args and calls each for every line of the reply,
 * waiting at most deadline_ms (negative: without limit) for each.  Returns true
 * on status 0.  On status 1: ERROR_REFUSED with an empty text; the lines have
 * the reason. */
bool ipc_command(const char *path, int deadline_ms, char **args,
                 void (*each)(const char *line, void *data), void *data,
                 struct error *err) must_check;

/* Sends a request and does not wait for the reply: for a supervisor, which the
 * process may ask meanwhile. It waits in the socket's backlog if the process
 * has not started yet. */
bool ipc_send(const char *path, enum ipc_message_type type, json_t *request,
              struct error *err) must_check;

/* Sends one frame on a connected SOCK_SEQPACKET socket. */
bool ipc_frame_send(int fd, uint8_t type, uint64_t id, const json_t *body,
                    struct error *err) must_check;
/* Receives one frame, its body living in a.  On error: ERROR_UNAVAILABLE, with
 * the text "closed" if the peer closed.  A negative deadline_ms waits without
 * limit. */
bool ipc_frame_receive(struct arena *a, int fd, int deadline_ms,
                       uint8_t *ret_type, uint64_t *ret_id, json_t **ret_body,
                       struct error *err) must_check;

#endif
