/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_message.h: the table of messages that ipc_messages.def defines.  Their
 * structs and functions are in the generated ipc_messages.h. */
#ifndef REGION_IPC_IPC_MESSAGE_H
#define REGION_IPC_IPC_MESSAGE_H

#include <stdint.h>

#include "region/ipc/ipc_fields.h"

struct ipc_handlers;
struct ipc_request;

struct ipc_message {
	uint8_t type; /* enum ipc_message_type */
	const char *name;
	const char *const *to;   /* roles, NULL-terminated; NULL: all */
	const char *const *from; /* users, NULL-terminated */
	bool from_everyone, is_idempotent, any_configuration;
	const struct ipc_shape *request, *reply;
	/* Reads body, calls the handler and sets *ret_reply to its reply, which
	 * the caller releases. */
	bool (*serve)(const struct ipc_handlers *handlers,
	              const struct ipc_request *q, const json_t *body,
	              json_t **ret_reply, struct error *err);
};

extern const struct ipc_message ipc_messages[];
extern const size_t ipc_message_count;

/* All shapes: requests, replies, frames and the structs in them. */
extern const struct ipc_shape *const ipc_shapes[];
extern const size_t ipc_shape_count;

/* Returns the message with this type, or NULL. */
const struct ipc_message *ipc_message_find(unsigned type);

/* Serves the message of this type: sets *ret_reply, which lives in the
 * request's arena.  On error ERROR_REFUSED if there is no such message or the
 * process does not serve it, ERROR_INVALID if body is not as it is defined, or
 * that of the handler. */
bool ipc_message_serve(const struct ipc_handlers *handlers,
                       const struct ipc_request *q, unsigned type,
                       const json_t *body, json_t **ret_reply,
                       struct error *err) must_check;

/* What stands in a request beside its fields; NULL: absent. */
struct ipc_envelope {
	const char *conf;       /* of the caller's configuration */
	const char *request_id; /* of log.h */
};

/* Removes the envelope from a request, which belongs to a.  On error
 * ERROR_INVALID: a member is not a text. */
bool ipc_envelope_take(struct arena *a, json_t *body, struct ipc_envelope *ret,
                       struct error *err) must_check;

/* ---- for the generated functions */

/* Returns the name of an enum's value, NULL if it has none. */
const char *ipc_name(const char *const *names, size_t count, unsigned value);
/* Returns the value with this name, 0 if there is none. */
unsigned ipc_name_find(const char *const *names, size_t count,
                       const char *name);

/* Sets ERROR_REFUSED: the process does not serve this message. */
bool ipc_message_unsupported(const char *name, struct error *err);

#endif
