/* SPDX-License-Identifier: AGPL-3.0-or-later
 * anonymous_events.h: refusals without a person: no one has been authenticated.
 * Anyone on the network can cause them, and a full audit log stops logins, so
 * only some a minute are written one by one; the others are counted, and each
 * minute has one event with the count. */
#ifndef IDP_AUDIT_ANONYMOUS_EVENTS_H
#define IDP_AUDIT_ANONYMOUS_EVENTS_H

#include "lib/error.h"
#include "lib/json.h"

enum {
	/* Events a minute that name no service, or a limit that is reached. */
	ANONYMOUS_PER_MINUTE = 60,
	/* Failed logins to a service: help desks are asked about them. */
	FAILED_LOGINS_PER_MINUTE = 600,
};

/* Returns whether the event is to be written; otherwise it is counted. */
bool anonymous_event_is_written(const char *municipality, const json_t *event);

/* Calls append for each count of the minute that has passed; within a minute of
 * the last time only if at_once.  municipality and event are as in
 * audit_log_append(). */
void anonymous_events_write(bool at_once,
                            void (*append)(const char *municipality,
                                           const json_t *event));

#endif
