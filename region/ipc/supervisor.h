/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervisor.h: shared by the two supervisors: program paths, directories and a
 * control socket for the commands of operators. */
#ifndef REGION_IPC_SUPERVISOR_H
#define REGION_IPC_SUPERVISOR_H

#include <sys/types.h>

#include "lib/process/supervise.h"
#include "region/config/config.h"
#include "region/ipc/ipc_server.h"

/* Returns the directory of the running program if it also contains sibling;
 * otherwise the installed one.  Lives in a or is static. */
const char *supervisor_program_dir(struct arena *a, const char *sibling);

/* Returns "portvakt-<what>" if that user exists, living in a; else NULL: do not
 * change user. */
const char *supervisor_user(struct arena *a, const char *what);

/* The user of both supervisors. */
extern const char supervisor_own_user[];

/* Creates a directory of this mode.  If it belongs to another user than a
 * supervisor with users of its own, ERROR_INVALID, with what to do. */
bool supervisor_create_dir(const char *path, mode_t mode,
                           struct error *err) must_check;

/* A directory below the state directory; lists end with a row without a
 * name. */
struct supervisor_directory {
	const char *name, *user;
	mode_t mode;
};

/* Checks that each directory exists and belongs to its user
 * (deploy/tmpfiles.d), else ERROR_INVALID, with what to do.  Where all
 * processes are one user, creates what is missing. */
bool supervisor_open_state(struct arena *a, const struct config *cfg,
                           const struct supervisor_directory *list,
                           struct error *err) must_check;

/* A supervise callback: logs one event of a child. */
void supervisor_log_event(void *thing, const char *role, const char *what,
                          const char *detail);

/* Opens the configuration: its files, but the last good version of what is bad
 * in them (region/accepted/accepted.h), which is logged. Files that differ from
 * an active copy that has worked wait for a reload. */
bool supervisor_open_config(const char *file, struct error *err) must_check;
/* Returns whether they do. */
bool supervisor_change_is_waiting(void);

/* A command received on the control socket. */
struct control_request {
	struct arena *arena;
	struct ipc_request request; /* for the reply */
	char **args;                /* the arguments, NULL-terminated */
	void *supervisor;
};

/* Sends one line of the reply; ignored if the caller has closed. */
void control_reply_line(const struct control_request *c, const char *line);

/* Sends a line "name pid since" for the supervisor and for each child. */
void control_reply_status(const struct control_request *c, const char *name,
                          int64_t since, struct supervise *s);

/* Prepares the next configuration by the command's arguments: `--accept NAME`
 * for each municipality that may lose its rules, and `--refused NAME CAUSE` for
 * each that a plugin host refused. Sends a line for each
 * municipality that keeps its last good version. On error ERROR_INVALID: the
 * region's files are bad; a line for each error was sent. */
bool supervisor_prepare_config(struct control_request *c, const char **ret_hash,
                               struct error *err) must_check;
/* Makes the prepared configuration the one that processes read at their
 * start. */
bool supervisor_accept_config(struct arena *a, const char *hash,
                              struct error *err) must_check;
/* Notes that the prepared configuration waits for an operator, for status. */
bool supervisor_hold_config(struct arena *a, const char *hash,
                            struct error *err) must_check;
/* Notes that all processes answered with the configuration of this hash, so
 * that the next start uses its copy. */
bool supervisor_note_working(struct arena *a, const char *hash,
                             struct error *err) must_check;
/* Prepares it in this process and returns it; the caller releases it. */
bool supervisor_load_config(struct arena *a, const char *hash,
                            struct config **ret, struct error *err) must_check;
/* Sends a warning for each municipality that runs by its last good version. */
void control_reply_kept(const struct control_request *c);

struct control_command {
	const char *name;
	bool (*run)(struct control_request *c, struct error *err);
};

/* A supervise callback: accepts one connection and runs its command if the
 * caller is an operator.  commands ends with a row without a name. */
void control_socket_serve(void *supervisor, int listen_fd,
                          const struct control_command *commands);

#endif
