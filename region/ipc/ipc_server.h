/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_server.h: serves requests of other processes.  A process has a table of
 * the request types it handles; any other type is refused. */
#ifndef REGION_IPC_IPC_SERVER_H
#define REGION_IPC_IPC_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/json.h"
#include "region/config/config.h"
#include "region/ipc/ipc_messages.h"

/* A request, as its handler receives it. */
struct ipc_request {
	struct arena *arena; /* closed when the reply has been sent */
	const json_t *body;
	const struct config *cfg; /* the configuration that the caller uses
	                           */
	uid_t peer_uid;           /* SO_PEERCRED */
	int fd;                   /* for IPC_COMMAND: where ipc_reply_line()
	                             writes */
	uint64_t id;
};

struct ipc_handler {
	enum ipc_message_type type;
	/* The reply lives in q->arena, or is given to it by js_keep(). */
	bool (*handle)(const struct ipc_request *q, json_t **ret_answer,
	               struct error *err);
};

/* Serves connections on listen_fd, one thread each, at most max_connections,
 * until SIGTERM; then completes the requests in progress and returns.  Handles
 * IPC_CONFIG_PREPARE, IPC_CONFIG_ACTIVATE and IPC_STATUS itself.  Any other
 * request except IPC_COMMAND needs a "conf" that is known here, or the reply is
 * ERROR_UNAVAILABLE.  Accepts only root, the process's own uid and the users
 * that ipc_acl.c lists for name. */
void ipc_serve(int listen_fd, const char *name,
               const struct ipc_handler *handlers, size_t handler_count,
               int max_connections);

/* The same in a background thread: stops accepting when stop_fd is readable
 * (-1: never).  On error: ERROR_UNAVAILABLE. */
bool ipc_serve_background(int listen_fd, int stop_fd, const char *name,
                          const struct ipc_handler *handlers,
                          size_t handler_count, int max_connections,
                          struct error *err) must_check;

/* For IPC_COMMAND handlers: sends one line to the caller. */
void ipc_reply_line(const struct ipc_request *q, const char *format, ...)
    printf_like(2, 3);

#endif
