/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_metrics.c: counters and a histogram for each route. The labels are
 * the routes and the classes of status alone, so requests add no series. */
#include "idp/web/request_metrics.h"

#include <stdatomic.h>

enum { CODE_CLASSES = 5, BUCKETS = 10 };

static const struct {
	int64_t most_ms;
	const char *label;
} buckets[BUCKETS] = {
	{ 5, "0.005" },  { 10, "0.01" },  { 25, "0.025" }, { 50, "0.05" },
	{ 100, "0.1" },  { 250, "0.25" }, { 500, "0.5" },  { 1000, "1" },
	{ 2500, "2.5" }, { 5000, "5" },
};

static struct {
	atomic_llong by_class[CODE_CLASSES];
	atomic_llong in_bucket[BUCKETS]; /* not cumulated */
	atomic_llong count, total_ms;
} routes[REQUEST_METRICS_ROUTES];

static atomic_int in_flight;

void request_metrics_begin(void)
{
	atomic_fetch_add(&in_flight, 1);
}

void request_metrics_end(size_t route, int status, int64_t took_ms)
{
	const int code = status / 100 - 1;

	atomic_fetch_sub(&in_flight, 1);
	if (code >= 0 && code < CODE_CLASSES)
		atomic_fetch_add(&routes[route].by_class[code], 1);
	for (size_t i = 0; i < BUCKETS; i++)
		if (took_ms <= buckets[i].most_ms) {
			atomic_fetch_add(&routes[route].in_bucket[i], 1);
			break;
		}
	atomic_fetch_add(&routes[route].total_ms, took_ms);
	atomic_fetch_add(&routes[route].count, 1);
}

static void request_metrics_print_codes(struct strbuf *out, size_t route,
                                        const char *path)
{
	for (int code = 0; code < CODE_CLASSES; code++) {
		long long count = atomic_load(&routes[route].by_class[code]);

		if (count > 0)
			strbuf_appendf(
			    out,
			    "portvakt_http_requests_total{route=\"%s\","
			    "code_class=\"%dxx\"} %lld\n",
			    path, code + 1, count);
	}
}

static void request_metrics_print_histogram(struct strbuf *out, size_t route,
                                            const char *path)
{
	static const char name[] = "portvakt_http_request_duration_seconds";
	/* Read first: requests go on, and a bucket has no more than all. */
	long long sum = 0, count, total_ms;

	for (size_t i = 0; i < BUCKETS; i++) {
		sum += atomic_load(&routes[route].in_bucket[i]);
		strbuf_appendf(out, "%s_bucket{route=\"%s\",le=\"%s\"} %lld\n",
		               name, path, buckets[i].label, sum);
	}
	total_ms = atomic_load(&routes[route].total_ms);
	count = atomic_load(&routes[route].count);
	if (count < sum)
		count = sum;
	strbuf_appendf(out,
	               "%s_bucket{route=\"%s\",le=\"+Inf\"} %lld\n"
	               "%s_sum{route=\"%s\"} %lld.%03lld\n"
	               "%s_count{route=\"%s\"} %lld\n",
	               name, path, count, name, path, total_ms / 1000,
	               total_ms % 1000, name, path, count);
}

static void request_metrics_each(struct strbuf *out,
                                 const char *(*name)(size_t route),
                                 void (*print)(struct strbuf *out, size_t route,
                                               const char *path))
{
	for (size_t i = 0; i < REQUEST_METRICS_ROUTES; i++)
		if (atomic_load(&routes[i].count) > 0)
			print(out, i, name(i));
}

void request_metrics_print(struct strbuf *out,
                           const char *(*name)(size_t route))
{
	strbuf_append(out, "# HELP portvakt_http_requests_total Requests by "
	                   "route and class of status.\n"
	                   "# TYPE portvakt_http_requests_total counter\n");
	request_metrics_each(out, name, request_metrics_print_codes);
	strbuf_append(out, "# HELP portvakt_http_request_duration_seconds Time "
	                   "from the complete request to its response.\n"
	                   "# TYPE portvakt_http_request_duration_seconds "
	                   "histogram\n");
	request_metrics_each(out, name, request_metrics_print_histogram);
	strbuf_appendf(out,
	               "# HELP portvakt_http_requests_in_flight Requests that "
	               "are served now.\n"
	               "# TYPE portvakt_http_requests_in_flight gauge\n"
	               "portvakt_http_requests_in_flight %d\n",
	               atomic_load(&in_flight));
}
