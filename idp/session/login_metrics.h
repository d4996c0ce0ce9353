/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_metrics.h: how many logins ended how, since the start of this process.
 */
#ifndef IDP_SESSION_LOGIN_METRICS_H
#define IDP_SESSION_LOGIN_METRICS_H

#include "lib/strbuf.h"

enum login_metric {
	LOGIN_METRIC_AUTHENTICATED, /* the password was right */
	LOGIN_METRIC_FAILED,        /* it was not, or it was not tried */
	LOGIN_METRIC_ENTERED,       /* a service was entered */
	LOGIN_METRIC_DENIED,        /* a rule denied the service */
	LOGIN_METRIC_ERROR,         /* the page of an error was shown */
};

/* reason: of reasons.def, NULL: none. Another text counts as "unknown", so that
 * the number of series has a limit. */
void login_metrics_count(enum login_metric result, const char *reason);

/* Appends them in the Prometheus text format. */
void login_metrics_print(struct strbuf *out);

#endif
