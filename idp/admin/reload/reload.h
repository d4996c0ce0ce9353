/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reload.h: activates a changed configuration in all processes or in none. */
#ifndef IDP_ADMIN_RELOAD_RELOAD_H
#define IDP_ADMIN_RELOAD_RELOAD_H

#include "idp/admin/command/command.h"

/* The command. On error err has a message for the operator. */
bool admin_reload(const struct admin_command *cmd, struct error *err);

/* Returns the configuration that a reload would activate now, which the caller
 * releases; prints which municipalities stay at their last good version. NULL
 * on error. */
struct config *admin_draft(const struct admin_command *cmd, struct error *err);

/* The message of the supervisor at its start: checks in the background that all
 * processes answer, and reloads if a change waits. */
bool admin_supervisor_started(const struct ipc_request *q,
                              const struct supervisor_started_request *request,
                              struct supervisor_started_reply *reply,
                              struct error *err);

/* ---- steps, for start_reload.c */

/* Weighs and activates what the supervisor chooses from the files; *ret_hash
 * has its hash. Error: REFUSED or INVALID, as it is; UNAVAILABLE, it can be
 * tried again. */
bool reload_activate_files(const struct admin_command *cmd,
                           const char **ret_hash, struct error *err) must_check;

/* Returns whether each running process answers with this configuration. */
bool reload_processes_have(const struct admin_command *cmd, const char *hash,
                           struct error *err) must_check;

/* Sends a command with a hash to the supervisor, and prints its answer. */
bool reload_send(const struct admin_command *cmd, const char *what,
                 const char *hash, struct error *err) must_check;

/* Lets portvakt-sync reload. */
bool reload_sync(const struct admin_command *cmd, const char *hash,
                 struct error *err) must_check;

#endif
