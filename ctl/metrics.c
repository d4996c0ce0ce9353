/* SPDX-License-Identifier: AGPL-3.0-or-later
 * metrics.c: synchronisation metrics in the Prometheus text format, for a file
 * that node_exporter's textfile collector reads. No extra port is opened. */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/kept.h"
#include "lib/strbuf.h"

/* Metric names are stable once released. */
static const struct {
	const char *member, *name, *help;
} gauges[] = {
	{ "entries", "portvakt_sync_entries",
	  "Person entries in the directory." },
	{ "active", "portvakt_sync_active", "Active affiliations." },
	{ "suspended", "portvakt_sync_suspended",
	  "Suspended affiliations, not deleted yet." },
	{ "pending", "portvakt_sync_pending",
	  "Changes not yet written to the catalogue." },
	{ "quarantined", "portvakt_sync_quarantined",
	  "Entries in quarantine." },
	{ "not_taken", "portvakt_sync_values_not_taken",
	  "Optional values that were left out." },
	{ "dates_unreadable", "portvakt_sync_dates_unreadable",
	  "Entries with a date that cannot be read." },
	{ "lag", "portvakt_sync_lag_seconds",
	  "Age of the oldest pending change." },
	{ "full_sync_age", "portvakt_sync_full_sync_age_seconds",
	  "Time since the last full synchronisation; absent before the "
	  "first." },
	{ "deactivated_day", "portvakt_sync_deactivated_day",
	  "Unannounced deactivations within a day." },
	{ "deactivations_allowed_day",
	  "portvakt_sync_deactivations_allowed_day",
	  "Deactivations of the directory allowed before further ones are "
	  "held." },
	{ "deactivations_allowed_municipality_day",
	  "portvakt_sync_deactivations_allowed_municipality_day",
	  "Deactivations of each municipality allowed before further ones are "
	  "held." },
	{ "deactivated_week", "portvakt_sync_deactivated_week",
	  "Unannounced deactivations within a week." },
	{ "deactivations_allowed_week",
	  "portvakt_sync_deactivations_allowed_week",
	  "Deactivations of the directory allowed before further ones are "
	  "held." },
	{ "certificate_expires", "portvakt_sync_certificate_expires_seconds",
	  "End of the directory's TLS certificate, Unix time; absent without "
	  "one." },
};

static void metrics_print_header(const char *name, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void metrics_print_gauge(const json_t *lines, const char *member,
                                const char *name)
{
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);
		const char *directory = js_string(line, "directory");

		if (directory && json_object_get(line, member))
			printf("%s{directory=\"%s\"} %lld\n", name, directory,
			       (long long)js_number(line, member, 0));
	}
}

static void metrics_print_held(const json_t *lines)
{
	const char *reason;
	json_t *count;

	metrics_print_header("portvakt_sync_held",
	                     "People with a held change, by reason.");
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);

		json_object_foreach(js_object(line, "held"), reason, count)
		    printf("portvakt_sync_held{directory=\"%s\","
		           "reason=\"%s\"} %lld\n",
		           js_string(line, "directory"), reason,
		           (long long)json_integer_value(count));
	}
}

static void metrics_print_following(const json_t *lines)
{
	metrics_print_header("portvakt_sync_following",
	                     "1 while changes of the directory are received.");
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);

		if (js_string(line, "directory"))
			printf(
			    "portvakt_sync_following{directory=\"%s\"} %d\n",
			    js_string(line, "directory"),
			    text_equal(js_string(line, "state"), "following"));
	}
}

int command_metrics(const struct command *c)
{
	json_t *lines = NULL;
	bool up = ctl_health_request(c, "health", &lines);
	/* Without portvakt-admin these metrics are absent. */
	(void)ctl_session_memory(c, true);
	(void)kept_print_metric(c);

	metrics_print_header("portvakt_sync_up",
	                     "1 if portvakt-sync responds.");
	printf("portvakt_sync_up %d\n", up);
	if (!up)
		return 1;
	for (size_t i = 0; i < LENGTH(gauges); i++) {
		metrics_print_header(gauges[i].name, gauges[i].help);
		metrics_print_gauge(lines, gauges[i].member, gauges[i].name);
	}
	metrics_print_following(lines);
	metrics_print_held(lines);
	return 0;
}
