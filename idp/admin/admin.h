/* SPDX-License-Identifier: AGPL-3.0-or-later
 * admin.h: the commands of portvaktctl, one function per command. Arguments
 * come as typed; output lines are returned with ipc_reply_line(). */
#ifndef IDP_ADMIN_ADMIN_H
#define IDP_ADMIN_ADMIN_H

#include "idp/admin/command/command.h"

/* Each returns true when done. On error err holds a message for the
 * operator. */
bool admin_reload(const struct admin_command *cmd, struct error *err);
bool admin_person(const struct admin_command *cmd, struct error *err);
bool admin_explain(const struct admin_command *cmd, struct error *err);
bool admin_audit(const struct admin_command *cmd, struct error *err);
bool admin_sessions(const struct admin_command *cmd, struct error *err);
bool admin_role(const struct admin_command *cmd, struct error *err);
bool admin_service(const struct admin_command *cmd, struct error *err);
bool admin_keys(const struct admin_command *cmd, struct error *err);
bool admin_override(const struct admin_command *cmd, struct error *err);
bool admin_quarantine(const struct admin_command *cmd, struct error *err);
bool admin_link(const struct admin_command *cmd, struct error *err);
bool admin_import(const struct admin_command *cmd, struct error *err);
bool admin_sync(const struct admin_command *cmd, struct error *err);

/* The subcommands of "audit" and "person" that have their own file. */
bool admin_audit_verify(const struct admin_command *cmd, struct error *err);
bool admin_person_split(const struct admin_command *cmd, struct error *err);

/* Lists the services that the person's sessions entered, and ends the sessions:
 * the identifiers those services received may change now. */
bool cmd_end_sessions(const struct admin_command *cmd, const struct person *p,
                      struct error *err) must_check;

#endif
