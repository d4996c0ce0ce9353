/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_log.c: reads the log pipe of a plugin's workers. */
#include "idp/plugin_host/plugin_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

enum {
	LOWEST_FD = 16,
	ONE_MINUTE_MS = 60 * 1000,
	HOLD_MS = 1000,
	READ_BYTES = 4096
};

struct plugin_log {
	char *plugin_host, *plugin;
	int read_fd, write_fd;
	bool has_thread;
	pthread_t thread;
	/* Of the thread. */
	char line[PLUGIN_LOG_LINE_BYTES + 1];
	size_t length;
	char held[PLUGIN_LOG_LINE_BYTES + 1]; /* the line before */
	size_t times;                         /* 0: none is held */
	int64_t held_since;
	int64_t minute_began;
	size_t lines, bytes, dropped;
};

static void plugin_log_report_dropped(struct plugin_log *log)
{
	char count[24];

	if (log->dropped == 0)
		return;
	(void)snprintf(count, sizeof(count), "%zu", log->dropped);
	log_event(LOG_PLUGIN_LOG_DROPPED, "plugin_host", log->plugin_host,
	          "plugin", log->plugin, "lines", count, NULL);
	log->dropped = 0;
}

static bool plugin_log_may_write(struct plugin_log *log)
{
	int64_t now = clock_monotonic_ms();

	if (now - log->minute_began >= ONE_MINUTE_MS) {
		plugin_log_report_dropped(log);
		log->minute_began = now;
		log->lines = log->bytes = 0;
	}
	if (log->lines >= PLUGIN_LOG_LINES || log->bytes >= PLUGIN_LOG_BYTES)
		return false;
	log->lines++;
	log->bytes += strlen(log->held);
	return true;
}

/* log_event() escapes what could begin another line or field. */
static void plugin_log_write_held(struct plugin_log *log)
{
	char times[24];

	if (log->times == 0)
		return;
	(void)snprintf(times, sizeof(times), "%zu", log->times);
	if (plugin_log_may_write(log))
		log_event(LOG_PLUGIN_LOG, "plugin_host", log->plugin_host,
		          "plugin", log->plugin, "times", times, "text",
		          log->held, NULL);
	else
		log->dropped += log->times;
	log->times = 0;
}

static void plugin_log_end_line(struct plugin_log *log)
{
	log->line[log->length] = '\0';
	if (log->length == 0)
		return;
	log->length = 0;
	if (log->times > 0 && strcmp(log->line, log->held) == 0) {
		log->times++;
		return;
	}
	plugin_log_write_held(log);
	memcpy(log->held, log->line, sizeof(log->held));
	log->times = 1;
	log->held_since = clock_monotonic_ms();
}

static void plugin_log_take(struct plugin_log *log, const char *bytes,
                            size_t count)
{
	for (size_t i = 0; i < count; i++) {
		/* A text ends at a NUL. */
		char c = bytes[i] == '\0' ? ' ' : bytes[i];

		if (c == '\n')
			plugin_log_end_line(log);
		else if (log->length < PLUGIN_LOG_LINE_BYTES)
			log->line[log->length++] = c;
	}
}

/* Waits for more, while a line is held no longer than it is. */
static void plugin_log_wait(struct plugin_log *log)
{
	struct pollfd more = { .fd = log->read_fd, .events = POLLIN };
	int64_t left = log->held_since + HOLD_MS - clock_monotonic_ms();

	if (log->times > 0 && (left <= 0 || poll(&more, 1, (int)left) == 0))
		plugin_log_write_held(log);
}

static void *plugin_log_run(void *data)
{
	struct plugin_log *log = data;
	char bytes[READ_BYTES];
	ssize_t got;

	log->minute_began = clock_monotonic_ms();
	do {
		plugin_log_wait(log);
		got = read(log->read_fd, bytes, sizeof(bytes));
		if (got > 0)
			plugin_log_take(log, bytes, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	plugin_log_end_line(log);
	plugin_log_write_held(log);
	plugin_log_report_dropped(log);
	return NULL;
}

/* Only the writing end does not block: a worker that writes more than is read
 * loses it, and is not late for it. */
static void plugin_log_open_pipe(struct plugin_log *log)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	log->read_fd = ends[0];
	(void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
	log->write_fd = fcntl(ends[1], F_DUPFD_CLOEXEC, LOWEST_FD);
	(void)close(ends[1]);
}

struct plugin_log *plugin_log_open(const char *plugin_host, const char *plugin)
{
	struct plugin_log *log = calloc(1, sizeof(*log));

	if (!log)
		abort();
	log->plugin_host = strdup(plugin_host);
	log->plugin = strdup(plugin);
	if (!log->plugin_host || !log->plugin)
		abort();
	log->read_fd = log->write_fd = -1;
	plugin_log_open_pipe(log);
	log->has_thread =
	    log->write_fd >= 0 &&
	    pthread_create(&log->thread, NULL, plugin_log_run, log) == 0;
	return log;
}

int plugin_log_fd(const struct plugin_log *log)
{
	return log->write_fd;
}

void plugin_log_close(struct plugin_log *log)
{
	if (!log)
		return;
	if (log->write_fd >= 0)
		(void)close(log->write_fd);
	if (log->has_thread)
		(void)pthread_join(log->thread, NULL);
	if (log->read_fd >= 0)
		(void)close(log->read_fd);
	free(log->plugin_host);
	free(log->plugin);
	free(log);
}
