/* SPDX-License-Identifier: AGPL-3.0-or-later
 * log.h: one event per line on standard error, each in one write(2):
 *
 *	<4>ldap.unavailable time=2026-11-21T23:05:00Z program=portvakt-ldap-auth
 *	request=9f1c02d7a64be385 directory=tinn error="no answer in time"
 *
 * <N> is the priority of sd-daemon(3): 3 error, 4 warning, 6 information.  A
 * value with a space, a quote, '=' or a control character is quoted; `"`, `\`,
 * control characters and invalid UTF-8 are escaped.  A line is shorter than
 * PIPE_BUF, so that two processes' lines never mix; a longer value is cut
 * before a character, ends in "...", and the line then ends in cut=1.
 * Programs log once, where the decision is made; lib/ and region/ return an
 * error instead.  Never log a password, token, name or national identity
 * number: a person is logged by catalogue id. */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdbool.h>

#include "lib/compiler.h"

enum log_event_id {
#define LOG_EVENT(id, name, priority, text) LOG_##id,
#include "lib/log_events.def"
#undef LOG_EVENT
	LOG_EVENT_COUNT
};

/* Sets the program name; call once, before any thread. */
void log_open(const char *program);

/* Writes the event with its fields: key, value pairs of strings, ending in
 * NULL.  A NULL value is written as an empty one.
 *	log_event(LOG_LDAP_UNAVAILABLE, "directory", d->name, "error", err.text,
 *	          NULL); */
void log_event(enum log_event_id event, ...) __attribute__((sentinel));

/* Returns the dotted name of the event. */
const char *log_event_name(enum log_event_id event);

/* The request id of this thread, 16 hex digits, is on each line it writes.
 * ipc_client sends it with each request and ipc_server sets it. */
enum { LOG_REQUEST_DIGITS = 16 };

/* Sets a new random id. */
void log_request_new(void);
/* Sets this id; NULL or a malformed one clears it. */
void log_request_set(const char *id);
/* Returns the id of this thread, valid until it changes; NULL if none is set.
 */
const char *log_request_get(void);
void log_request_clear(void);

#endif
