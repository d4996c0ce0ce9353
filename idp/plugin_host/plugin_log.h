/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_log.h: what a plugin writes to its standard output and error, as
 * events of the plugin host: labelled, escaped, and bounded by lines and bytes
 * a minute.  The same line, one after the other, is one event with its count,
 * for which a line waits a second at most. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_LOG_H
#define IDP_PLUGIN_HOST_PLUGIN_LOG_H

enum {
	PLUGIN_LOG_LINES = 60, /* a minute */
	PLUGIN_LOG_BYTES = 16 * 1024,
	PLUGIN_LOG_LINE_BYTES = 512, /* a longer line is cut */
};

struct plugin_log;

/* Starts a thread.  Never NULL: without a thread or a pipe nothing is logged.
 */
struct plugin_log *plugin_log_open(const char *plugin_host, const char *plugin);

/* Returns the descriptor for workers, which never blocks; above 15. */
int plugin_log_fd(const struct plugin_log *log);

/* After all workers have ended: logs the rest. */
void plugin_log_close(struct plugin_log *log);

#endif
