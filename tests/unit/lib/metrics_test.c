/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <stdio.h>

#include "lib/metrics.h"

static void figures_are_printed_sorted_with_their_types(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	metrics_count("b_total", "municipality", "tinn");
	metrics_count("b_total", "municipality", "tinn");
	metrics_count("b_total", "municipality", "no\"r\\e\n");
	metrics_count("b_total", NULL, NULL);
	metrics_count("b_total_more", NULL, NULL);
	metrics_set("a_open", NULL, NULL, 7);
	metrics_set("a_open", NULL, NULL, -3);
	metrics_took("c", "kind", "bind", 1500);
	metrics_took("c", "kind", "bind", 7);
	assert_string_equal(metrics_text(a),
	                    "# TYPE a_open gauge\n"
	                    "a_open -3\n"
	                    "# TYPE b_total counter\n"
	                    "b_total 1\n"
	                    "b_total{municipality=\"no\\\"r\\\\e\\n\"} 1\n"
	                    "b_total{municipality=\"tinn\"} 2\n"
	                    "# TYPE b_total_more counter\n"
	                    "b_total_more 1\n"
	                    "# TYPE c_seconds_count counter\n"
	                    "c_seconds_count{kind=\"bind\"} 2\n"
	                    "# TYPE c_seconds_sum counter\n"
	                    "c_seconds_sum{kind=\"bind\"} 1.507\n"
	                    "# TYPE portvakt_figures_dropped_total counter\n"
	                    "portvakt_figures_dropped_total 0\n");
	arena_close(a);
}

static void too_many_labels_are_counted_and_not_kept(void **state)
{
	struct arena *a = arena_open();
	char label[16];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(label, sizeof(label), "x%d", i);
		metrics_count("flood_total", "who", label);
	}
	assert_null(strstr(metrics_text(a), "x4999"));
	assert_null(strstr(metrics_text(a), "dropped_total 0\n"));
	arena_close(a);
}

TESTS(figures_are_printed_sorted_with_their_types,
      too_many_labels_are_counted_and_not_kept)
