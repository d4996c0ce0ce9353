/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_server.h: serves requests of other processes.  A process has a handler
 * for each message it serves; any other is refused. */
#ifndef REGION_IPC_IPC_SERVER_H
#define REGION_IPC_IPC_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "ipc_messages.h"
#include "lib/json.h"
#include "region/config/config.h"

/* Where a request came from, as its handler receives it. */
struct ipc_request {
	struct arena *arena;      /* closed when the reply has been sent */
	const struct config *cfg; /* the configuration that the caller uses
	                           */
	uid_t peer_uid;           /* SO_PEERCRED */
	int fd;                   /* for IPC_COMMAND: where ipc_reply_line()
	                             writes */
	uint64_t id;
	struct ipc_server *server; /* for ipc_server.c */
};

/* What a process does beside when it prepares and activates a configuration:
 * prepared returns false if it cannot use next, which refuses the reload.  Set
 * before the first thread; a member may be NULL. */
struct ipc_config_hooks {
	bool (*prepared)(const struct config *next, struct error *err);
	void (*activated)(const struct config *active);
};

void ipc_set_config_hooks(const struct ipc_config_hooks *hooks);

/* Serves connections on listen_fd, one thread each, at most max_connections,
 * until SIGTERM; then completes the requests in progress and returns.  Serves
 * the messages of handlers (NULL: none), and config-prepare, config-activate
 * and status itself.  A request that needs a configuration which is not known
 * here gets ERROR_UNAVAILABLE.  Accepts only root, the process's own uid and
 * the users that ipc_acl.h allows for name. */
void ipc_serve(int listen_fd, const char *name,
               const struct ipc_handlers *handlers, int max_connections);

/* The same in a background thread: stops accepting when stop_fd is readable
 * (-1: never).  On error: ERROR_UNAVAILABLE. */
bool ipc_serve_background(int listen_fd, int stop_fd, const char *name,
                          const struct ipc_handlers *handlers,
                          int max_connections, struct error *err) must_check;

/* For IPC_COMMAND handlers: sends one line to the caller. */
void ipc_reply_line(const struct ipc_request *q, const char *format, ...)
    printf_like(2, 3);

/* Sends the last frame of a command's reply, before it the text of err if the
 * command was not done.  Returns whether it was sent.  ipc_serve() does this
 * itself. */
bool ipc_reply_end(const struct ipc_request *q, bool good,
                   const struct error *err);

#endif
