/* SPDX-License-Identifier: AGPL-3.0-or-later
 * daemon_confine.h: what a daemon may do, from its table and the
 * configuration. */
#ifndef REGION_IPC_DAEMON_CONFINE_H
#define REGION_IPC_DAEMON_CONFINE_H

#include "region/ipc/daemon_main.h"

/* Makes a supervisor that root started a process of its own user
 * (identity_supervise).  Returns false if the daemon may not run as the user
 * that started it: a daemon as root, or a supervisor that lacks a user of its
 * table.  ERROR_REFUSED, with what to do. */
bool daemon_take_user(const struct daemon_program *program,
                      struct error *err) must_check;

/* Confines the process (confine.h): it can read the system's files and those of
 * the configuration, and write its own state directory, which it creates if the
 * supervisor did not.  A file there that belongs to another user is
 * ERROR_INVALID, with what to do. */
bool daemon_confine(const struct daemon *d,
                    const struct daemon_program *program,
                    const struct config *cfg, struct error *err) must_check;

#endif
