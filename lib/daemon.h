/* SPDX-License-Identifier: AGPL-3.0-or-later
 * daemon.h: what every program of ours does when it starts, so that main()
 * is a list of steps. */
#ifndef LIB_DAEMON_H
#define LIB_DAEMON_H

#include <stdbool.h>

#include "lib/fault.h"

/* First of all: SIGPIPE ignored (GnuTLS writes after shutdown), no core, not
 * dumpable, umask 077, standard descriptors open, log_open(program). */
void daemon_begin(const char *program);

/* The program's name without "portvakt-", as daemon_begin was told it: whose
 * credentials are ours.  NULL before it. */
const char *daemon_role(void);

/* The listening socket our master handed us as descriptor 3, or its second as
 * descriptor 4 (LISTEN_FDS, as systemd does it); -1: none. */
enum daemon_socket { DAEMON_FIRST = 0, DAEMON_SECOND };
int daemon_socket(enum daemon_socket which);

/* Becomes user, with its groups, when we are root and there is such a user;
 * stays who we are when it is NULL. */
bool daemon_become(const char *user, struct fault *why) must_check;

/* SIGTERM and SIGINT end daemon_wait; both are blocked in every thread made
 * after daemon_signals. */
void daemon_signals(void);
void daemon_wait(void);

/* Our parent's death is ours (masters' children). */
void daemon_die_with_parent(void);

/* Gives back what memory is free: when something large is done, or nothing
 * is to do. */
void daemon_rest(void);

#endif
