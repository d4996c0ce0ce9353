/* SPDX-License-Identifier: AGPL-3.0-or-later
 * metrics.c: metrics in the Prometheus text format, for a file that
 * node_exporter's textfile collector reads: of portvakt-web, from its inner
 * address /metrics, of the audit log's disk, of Redis, and of synchronisation.
 * No extra port is opened. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

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

/* ---- portvakt-web and the audit log ----------------------------------------
 */

enum { WEB_TIMEOUT_S = 5, WEB_MAX_BYTES = 1024 * 1024 };

static int metrics_connect(const char *path)
{
	const struct timeval limit = { .tv_sec = WEB_TIMEOUT_S };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(at.sun_path))
		return fd;
	memcpy(at.sun_path, path, strlen(path) + 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* Returns the body of /metrics, NULL without a response of status 200. */
static const char *metrics_of_web(const struct command *c)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n"
				      "Host: localhost\r\n\r\n";
	int fd = metrics_connect(
	    arena_printf(c->arena, "%s/http", ctl_runtime_directory(c)));
	struct strbuf out = strbuf_init(c->arena);
	char bytes[4096];
	ssize_t n =
	    fd < 0 ? -1 : send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL);

	while (n > 0 && out.length < WEB_MAX_BYTES) {
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n > 0)
			strbuf_append_bytes(&out, bytes, (size_t)n);
	}
	if (fd >= 0)
		(void)close(fd);
	const char *body = n == 0 && text_starts(out.data, "HTTP/1.1 200 ")
	                       ? strstr(out.data, "\r\n\r\n")
	                       : NULL;

	return body ? body + 4 : NULL;
}

static void metrics_print_web(const struct command *c)
{
	const char *body = metrics_of_web(c);

	metrics_print_header("portvakt_web_up", "1 if portvakt-web responds.");
	printf("portvakt_web_up %d\n%s", body != NULL, body ? body : "");
}

static void metrics_print_disk(const struct command *c)
{
	const char *path =
	    arena_printf(c->arena, "%s/audit", ctl_state_directory(c));
	struct statvfs disk;

	if (statvfs(path, &disk) != 0)
		return;
	metrics_print_header("portvakt_audit_disk_free_bytes",
	                     "Space left where the audit log is.");
	printf("portvakt_audit_disk_free_bytes %llu\n",
	       (unsigned long long)disk.f_bavail * disk.f_frsize);
	metrics_print_header("portvakt_audit_disk_size_bytes",
	                     "Size of the file system of the audit log.");
	printf("portvakt_audit_disk_size_bytes %llu\n",
	       (unsigned long long)disk.f_blocks * disk.f_frsize);
}

int command_metrics(const struct command *c)
{
	json_t *lines = NULL;
	bool up = ctl_health_request(c, "health", &lines);
	/* Without portvakt-admin these metrics are absent. */
	(void)ctl_session_memory(c, true);
	(void)kept_print_metric(c);
	metrics_print_disk(c);
	/* A machine may have portvakt-sync alone. */
	if (access(
		arena_printf(c->arena, "%s/web.sock", ctl_runtime_directory(c)),
		F_OK) == 0)
		metrics_print_web(c);

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
