/* SPDX-License-Identifier: AGPL-3.0-or-later
 * status.c: the processes of both supervisors, each with its open descriptors
 * and their limit where /proc may be read: by root. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"

enum { PLUGIN_LIST_MS = 5000 };

/* Returns how many descriptors the process has open; -1: not readable. */
static int status_count_descriptors(struct arena *a, long long pid)
{
	DIR *dir = opendir(arena_printf(a, "/proc/%lld/fd", pid));
	int count = 0;

	if (!dir)
		return -1;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		count += e->d_name[0] != '.';
	(void)closedir(dir);
	return count;
}

/* Returns the soft limit; 0: not readable. */
static unsigned long long status_descriptor_limit(struct arena *a,
                                                  long long pid)
{
	FILE *file = fopen(arena_printf(a, "/proc/%lld/limits", pid), "re");
	unsigned long long limit = 0;
	char line[256];

	while (file && limit == 0 && fgets(line, sizeof(line), file))
		(void)sscanf(line, "Max open files %llu", &limit);
	if (file)
		(void)fclose(file);
	return limit;
}

static const char *status_directory; /* of the sockets */

/* The plugins of a plugin host that runs; a request would start another. */
static void status_print_plugins(struct arena *a, const char *process)
{
	const struct plugin_list_request request = { 0 };
	struct plugin_list_reply reply = { 0 };
	struct error err = { 0 };

	if (!text_starts(process, "plugin-host@"))
		return;
	struct ipc_client *client = ipc_client_open(
	    arena_printf(a, "%s/%s.sock", status_directory, process), 1,
	    PLUGIN_LIST_MS);
	bool done = plugin_list_call(client, a, NULL, &request, &reply, &err);

	ipc_client_close(client);
	if (!done)
		printf("warning: plugins of %s: %s\n", process, err.text);
	for (size_t i = 0; done && i < reply.lines_count; i++)
		printf("plugin %s\n", reply.lines[i]);
}

/* A process is "NAME PID SINCE"; a warning has a word that is no number. */
static void status_print_line(const char *line, void *unused)
{
	struct arena *a = arena_open();
	char *rest = arena_strdup(a, line);
	long long pid = 0;

	(void)unused;
	const char *name = strtok_r(rest, " ", &rest);

	if (!text_to_number(strtok_r(NULL, " ", &rest), 1, 1LL << 31, &pid))
		pid = 0;
	int count = pid > 0 ? status_count_descriptors(a, pid) : -1;
	unsigned long long limit =
	    count >= 0 ? status_descriptor_limit(a, pid) : 0;

	if (limit > 0)
		printf("%s descriptors=%d/%llu\n", line, count, limit);
	else
		printf("%s\n", line);
	if (pid > 0)
		status_print_plugins(a, name);
	arena_close(a);
}

int command_status(const struct command *c)
{
	status_directory = ctl_runtime_directory(c);

	char *processes[] = { arena_strdup(c->arena, "processes"), NULL };
	int idp = ctl_remote_lines(c, "idp.sock", c->argv, status_print_line);
	int sync =
	    ctl_remote_lines(c, "sync.sock", processes, status_print_line);
	int memory = ctl_session_memory(c, false);

	return idp != 0 || sync != 0 || memory != 0;
}
