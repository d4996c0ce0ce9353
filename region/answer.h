/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_server.h: serves requests of other processes.  A process has a table of
 * the request types it handles; any other type is refused. */
#ifndef REGION_ANSWER_H
#define REGION_ANSWER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/json.h"
#include "region/kinds.h"
#include "region/region.h"

/* A request, as its handler receives it. */
struct question {
	struct arena *arena; /* closed when the reply has been sent */
	const json_t *body;
	const struct region *region; /* the configuration that the caller uses
	                              */
	uid_t asker;                 /* SO_PEERCRED */
	int fd;                      /* for IPC_COMMAND: where ipc_reply_line()
	                                writes */
	uint64_t id;
};

struct answer_row {
	enum kind_of_question kind;
	/* The reply lives in q->arena, or is given to it by js_keep(). */
	bool (*answer)(const struct question *q, json_t **ret_answer,
	               struct fault *why);
};

/* Serves connections on listen_fd, one thread each, at most max_connections,
 * until SIGTERM; then completes the requests in progress and returns.  Handles
 * IPC_CONFIG_PREPARE, IPC_CONFIG_ACTIVATE and IPC_STATUS itself.  Any other
 * request except IPC_COMMAND needs a "conf" that is known here, or the reply is
 * ERROR_UNAVAILABLE.  Accepts only root, the process's own uid and the users
 * that ipc_acl.c lists for name. */
void answer_serve(int listening, const char *name,
                  const struct answer_row *rows, size_t row_count, int most);

/* The same in a background thread: stops accepting when stop_fd is readable
 * (-1: never).  On error: ERROR_UNAVAILABLE. */
bool answer_start(int listening, int ending, const char *name,
                  const struct answer_row *rows, size_t row_count, int most,
                  struct fault *why) must_check;

/* For IPC_COMMAND handlers: sends one line to the caller. */
void answer_line(const struct question *q, const char *format, ...)
    printf_like(2, 3);

#endif
