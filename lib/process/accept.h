/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accept.h: accepts connections where there may be no descriptors or memory
 * for one. */
#ifndef LIB_PROCESS_ACCEPT_H
#define LIB_PROCESS_ACCEPT_H

#include <stdbool.h>

/* One for each listening socket; { 0 } at first. */
struct accept_state {
	bool in_shortage; /* logged, until a connection is accepted */
};

/* Accepts one connection with close-on-exec.  Returns -1 if there is none.  In
 * a shortage of the process or the system (EMFILE, ENFILE, ENOBUFS, ENOMEM) the
 * socket stays readable, so this waits a moment before it returns, and logs the
 * first time only. */
int accept_client(int listen_fd, struct accept_state *s);

#endif
