/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ctl.h: the commands of portvaktctl and their parameter. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/json.h"

struct config;

struct command {
	struct arena *arena;
	const char *conf; /* configuration file */
	char **argv;      /* command name first; NULL-terminated */
	int argc;
};

enum { EXIT_USAGE = 64 }; /* EX_USAGE of sysexits.h */

/* Return the exit status: 0 success, 1 error, EXIT_USAGE. */
int command_check(const struct command *c);
int command_config_keywords(const struct command *c);
int command_config_print(const struct command *c);
int command_config_networks(const struct command *c);
int command_test_policy(const struct command *c);
int command_status(const struct command *c);
int command_sync(const struct command *c);
int command_sync_status(const struct command *c);
int command_check_source(const struct command *c);
int command_explain(const struct command *c);
int command_program(const struct command *c);
int command_policy_diff(const struct command *c);
int command_plugin_test(const struct command *c);
int command_admin(const struct command *c);
int command_metrics(const struct command *c);
int command_report(const struct command *c);
int command_offboard(const struct command *c);
int command_import(const struct command *c);

/* Returns the path of a program of Portvakt: beside this one, as in a build
 * tree, or where it is installed; NULL if it is in neither. Lives in a. */
const char *ctl_program_path(struct arena *a, const char *name);

/* Runs the test cases of a file against the policies of cfg and prints what
 * failed; notes: also the rules that no case is decided by. Returns whether all
 * passed. */
bool ctl_run_policy_tests(const struct command *c, const struct config *cfg,
                          const char *file, bool notes);

/* Returns the keyword list of portvakt.conf(5) as mdoc, allocated in a. */
char *config_mandoc(struct arena *a);

/* Returns the directory of the control sockets, even if the configuration has
 * errors elsewhere. */
const char *ctl_runtime_directory(const struct command *c);
const char *ctl_state_directory(const struct command *c);

/* Returns the configuration, which the caller releases with config_unref().
 * Credentials are not read. On error prints it and returns NULL. */
struct config *ctl_load_config(const struct command *c);

/* Starts portvakt-plugin-host with these arguments, of which the first is set
 * here, and fd, or -1, as its descriptor 3. Returns its pid; 0, with a message,
 * if it cannot be started. */
pid_t plugin_host_start(const struct command *c, char **argv, int fd);

/* Loads the plugins of the configuration in sandboxed workers and checks the
 * conditions that use them; prints the errors.  Returns whether there are
 * none. */
bool ctl_check_plugins(const struct command *c, const struct config *cfg);

/* Returns the JSON objects of sync's response to that command, owned by c's
 * arena (members: see sync/engine/report/health.c). On error prints it on
 * standard error and returns false. */
bool ctl_health_request(const struct command *c, const char *command,
                        json_t **ret_lines);

/* Sends the command to that control socket and prints the response. Returns the
 * exit status. */
int ctl_remote_call(const struct command *c, const char *socket, char **argv);
/* The same; print is called with each line. */
int ctl_remote_lines(const struct command *c, const char *socket, char **argv,
                     void (*print)(const char *line, void *unused));

/* Prints how much of its memory Redis uses, or its metrics; returns the exit
 * status. */
int ctl_session_memory(const struct command *c, bool metrics);

#endif
