/* SPDX-License-Identifier: AGPL-3.0-or-later
 * service_pause.h: which services did not respond a moment ago, so that one
 * that is down does not take the threads that notify the others. */
#ifndef IDP_LOGOUT_SERVICE_PAUSE_H
#define IDP_LOGOUT_SERVICE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

struct service_pause;

/* Returns an empty table; never NULL.  The caller closes it. */
struct service_pause *service_pause_open(void);
void service_pause_close(struct service_pause *t);

/* Records the outcome of an attempt at the time now_ms (monotonic).  A service
 * that failed is paused for 10 s. */
void service_pause_set(struct service_pause *t, const char *service,
                       bool failed, int64_t now_ms);

/* Returns whether the service is paused. */
bool service_is_paused(struct service_pause *t, const char *service,
                       int64_t now_ms);

#endif
