/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise.h: process supervision: creates the sockets, starts the processes,
 * restarts those that exit, and stops them all. A socket outlives the process
 * behind it, so that a restart refuses no connection. */
#ifndef LIB_PROCESS_SUPERVISE_H
#define LIB_PROCESS_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/process/listen.h"

enum supervise_start_mode {
	SUPERVISE_START_IMMEDIATELY = 0,
	SUPERVISE_START_ON_DEMAND, /* when a connection is pending */
};

/* One supervised process. All values are copied. */
struct supervise_process {
	const char *name;        /* "ldap-auth@kongsberg" */
	const char *program;     /* path of the executable */
	const char *const *argv; /* ends in NULL; NULL: the program's path */
	const char *user;        /* identity_change() */
	struct listen_socket socket; /* its descriptor 3; path NULL: none */
	struct listen_socket second_socket; /* its descriptor 4, the same */
	enum supervise_start_mode start;
	/* Time to exit after SIGTERM, in milliseconds; 0: two seconds. At
	 * shutdown, processes with a value are stopped first, the others after
	 * they exited: web needs the signer while it drains. */
	int64_t stop_timeout;
};

struct supervise_process_status {
	const char *name;
	pid_t pid;            /* 0: not running */
	int64_t started_at;   /* start time, clock_now */
	unsigned start_count; /* number of starts */
	unsigned draining;    /* replaced processes that still drain */
};

/* Callbacks from within supervise_run; each may be NULL, and may call any
 * function below. */
struct supervise_callbacks {
	void *data;
	/* "started", "died", "killed", "could not start", for the log. */
	void (*on_event)(void *thing, const char *role, const char *what,
	                 const char *detail);
	int control_fd; /* control socket; -1: none */
	void (*on_control)(void *thing, int fd);
	void (*on_reload)(void *thing); /* SIGHUP */
	void (*on_tick)(void *thing);   /* about once a second */
};

struct supervise;

/* Creates the sockets; returns false on error. Blocks SIGTERM, SIGINT and
 * SIGHUP, so call it before any thread. */
bool supervise_open(const struct supervise_process *processes, size_t count,
                    const struct supervise_callbacks *callbacks,
                    struct supervise **ret_supervise,
                    struct error *err) must_check;

/* Runs until SIGTERM, SIGINT; returns when all children have
 * exited. */
void supervise_run(struct supervise *s);

/* Starts a new process on the socket, then sends the old one SIGTERM and gives
 * it its stop_timeout to finish. On error returns false and the old one
 * stays. */
bool supervise_restart(struct supervise *s, const char *name,
                       struct error *err) must_check;

/* Applies a new table: processes of the same name stay, new ones start, others
 * stop. On error (a socket cannot be created) returns false and nothing
 * changes. */
bool supervise_reconfigure(struct supervise *s,
                           const struct supervise_process *processes,
                           size_t count, struct error *err) must_check;

/* Returns the number of rows and the status of each process, in table order;
 * valid until the next call. */
size_t supervise_status(struct supervise *s,
                        const struct supervise_process_status **ret_rows);

/* Closes and unlinks the sockets. */
void supervise_close(struct supervise *s);

#endif
