/* SPDX-License-Identifier: AGPL-3.0-or-later
 * daemon.h: common start-up of every daemon, so that main() is a list of
 * steps. */
#ifndef LIB_PROCESS_DAEMON_H
#define LIB_PROCESS_DAEMON_H

#include <stdbool.h>

#include "lib/error.h"

/* Call first in main(): ignores SIGPIPE (GnuTLS writes after shutdown),
 * disables core dumps and ptrace, sets umask 077, opens the standard
 * descriptors and calls log_open(program). */
void daemon_init(const char *program);

/* Checks the arguments of a daemon: "-c FILE", and a value for operand unless
 * it is NULL or an option in brackets.  Prints the usage for --help and the
 * version for --version.  Returns -1 to start, with FILE in argv[2] and the
 * operand in argv[3]; otherwise the exit status: 0, or 64 for a usage error. */
int daemon_check_arguments(int argc, char **argv, const char *program,
                           const char *operand);

/* Returns the program name without "portvakt-", the directory of its
 * credentials. NULL before daemon_init. */
const char *daemon_short_name(void);

/* Returns the listening socket passed by the supervisor as descriptor 3 or 4
 * (LISTEN_FDS and LISTEN_PID, sd_listen_fds(3)); -1: none. */
enum daemon_socket { DAEMON_SOCKET_FIRST = 0, DAEMON_SOCKET_SECOND };
int daemon_socket(enum daemon_socket which);

/* Allows this process as many open descriptors as it can need, so that it never
 * runs out of them.  On error ERROR_INVALID: the hard limit is below that. */
bool daemon_require_descriptors(unsigned needed, struct error *err) must_check;

/* daemon_wait_for_signal returns on SIGTERM or SIGINT. daemon_block_signals
 * blocks both in every thread created after it. */
void daemon_block_signals(void);
void daemon_wait_for_signal(void);

/* Ends this process with SIGTERM when its supervisor dies. */
void daemon_die_with_parent(void);

/* Returns free heap memory to the system, after a large job or when idle. */
void daemon_trim_heap(void);

#endif
