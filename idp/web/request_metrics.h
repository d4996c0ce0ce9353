/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_metrics.h: how many requests were answered how, and how fast, since
 * the start of this process; for Prometheus. */
#ifndef IDP_WEB_REQUEST_METRICS_H
#define IDP_WEB_REQUEST_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/strbuf.h"

/* The last one counts what is no route. */
enum { REQUEST_METRICS_ROUTES = 48 };

void request_metrics_begin(void);
/* route: below REQUEST_METRICS_ROUTES. status: of the response. */
void request_metrics_end(size_t route, int status, int64_t took_ms);

/* Appends them in the Prometheus text format; name(route) returns the path of a
 * route. */
void request_metrics_print(struct strbuf *out,
                           const char *(*name)(size_t route));

#endif
