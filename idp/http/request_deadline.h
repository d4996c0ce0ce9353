/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_deadline.h: a deadline for the whole of a request, head and body.
 * An idle timeout alone lets a client that sends one byte at a time occupy a
 * connection without end. */
#ifndef IDP_HTTP_REQUEST_DEADLINE_H
#define IDP_HTTP_REQUEST_DEADLINE_H

#include <stddef.h>

#include "lib/error.h"

struct request_deadlines;
struct request_deadline;

/* Starts a thread that shuts down connections after their deadline, with places
 * for max connections.  The caller closes it after the last connection.  On
 * error ERROR_UNAVAILABLE. */
bool request_deadlines_open(size_t max, struct request_deadlines **ret,
                            struct error *err) must_check;
void request_deadlines_close(struct request_deadlines *all);

/* Returns the deadline of a new connection, ms from now; NULL if all places
 * are taken. */
struct request_deadline *request_deadline_add(struct request_deadlines *all,
                                              int fd, int ms);
/* Sets it anew, ms from now; 0: none.  NULL is allowed. */
void request_deadline_set(struct request_deadline *d, int ms);
/* Before fd is closed.  NULL is allowed. */
void request_deadline_remove(struct request_deadline *d);

#endif
