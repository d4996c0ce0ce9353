/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health.h: /live and /ready, for the load balancer on this machine
 * (docs/decisions/0041). The answer costs the same however often it is asked,
 * and takes 2.5 s at most. */
#ifndef IDP_WEB_HEALTH_H
#define IDP_WEB_HEALTH_H

#include <stdbool.h>

#include "idp/http/response.h"
#include "lib/error.h"
#include "lib/strbuf.h"

/* Starts the thread that checks when it is asked. run_dir: of the sockets of
 * signer and audit. On error ERROR_UNAVAILABLE. */
bool health_start(const char *run_dir, struct error *err) must_check;
void health_stop(void);

/* /live: 200. */
void health_respond_live(struct http_response *resp);
/* /ready: 200 if everything responds that a login needs, otherwise 503; the
 * body has the reasons. */
void health_respond_ready(struct http_response *resp);

/* Appends what /ready found, in the Prometheus text format. */
void health_print_metrics(struct strbuf *out);

#endif
