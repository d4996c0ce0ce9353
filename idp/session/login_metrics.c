/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_metrics.c: a counter for each result and reason.  No municipality, so
 * that a region of 400 has no more series than one of three. */
#include "idp/session/login_metrics.h"

#include <stdatomic.h>

#define REASON(code, status) code,
static const char *const reasons[] = {
	"",
#include "region/config/reasons.def"
	"unknown",
};
#undef REASON

static const char *const results[] = {
	[LOGIN_METRIC_AUTHENTICATED] = "authenticated",
	[LOGIN_METRIC_FAILED] = "failed",
	[LOGIN_METRIC_ENTERED] = "entered",
	[LOGIN_METRIC_DENIED] = "denied",
	[LOGIN_METRIC_ERROR] = "error",
};

static atomic_llong counts[LENGTH(results)][LENGTH(reasons)];

static size_t login_metrics_reason(const char *reason)
{
	for (size_t i = 0; i < LENGTH(reasons); i++)
		if (text_equal(reasons[i], reason ? reason : ""))
			return i;
	return LENGTH(reasons) - 1;
}

void login_metrics_count(enum login_metric result, const char *reason)
{
	atomic_fetch_add(&counts[result][login_metrics_reason(reason)], 1);
}

/* The first reason, none, is printed at zero too: a rate needs a beginning. */
void login_metrics_print(struct strbuf *out)
{
	strbuf_append(out,
	              "# HELP portvakt_logins_total Logins by result, and by "
	              "reason where they did not succeed.\n"
	              "# TYPE portvakt_logins_total counter\n");
	for (size_t i = 0; i < LENGTH(results); i++)
		for (size_t j = 0; j < LENGTH(reasons); j++) {
			long long count = atomic_load(&counts[i][j]);

			if (count > 0 || j == 0)
				strbuf_appendf(
				    out,
				    "portvakt_logins_total{result=\"%s\","
				    "reason=\"%s\"} %lld\n",
				    results[i], reasons[j], count);
		}
}
