/* SPDX-License-Identifier: AGPL-3.0-or-later
 * admin.h: the commands of portvaktctl, one function per command. Arguments
 * come as typed; output lines are returned with ipc_reply_line(). */
#ifndef IDP_ADMIN_ADMIN_H
#define IDP_ADMIN_ADMIN_H

#include "idp/admin/command/command.h"
#include "region/ldap/directory.h"

/* Each returns true when done. On error err holds a message for the
 * operator. */
bool admin_person(const struct admin_command *cmd, struct error *err);
bool admin_explain(const struct admin_command *cmd, struct error *err);
/* Prints what rules depend on, of a person or of all active affiliations, as
 * JSON, for portvaktctl. */
bool admin_facts(const struct admin_command *cmd, struct error *err);
bool admin_audit(const struct admin_command *cmd, struct error *err);
bool admin_sessions(const struct admin_command *cmd, struct error *err);
bool admin_role(const struct admin_command *cmd, struct error *err);
bool admin_plugin(const struct admin_command *cmd, struct error *err);
bool admin_service(const struct admin_command *cmd, struct error *err);
bool admin_keys(const struct admin_command *cmd, struct error *err);
bool admin_override(const struct admin_command *cmd, struct error *err);
bool admin_quarantine(const struct admin_command *cmd, struct error *err);
bool admin_link(const struct admin_command *cmd, struct error *err);
bool admin_import(const struct admin_command *cmd, struct error *err);
bool admin_lockout(const struct admin_command *cmd, struct error *err);
bool admin_sync(const struct admin_command *cmd, struct error *err);

bool admin_policy(const struct admin_command *cmd, struct error *err);
/* Lists the accesses that only a "may always" rule allowed, for the report. */
bool admin_emergency_list(const struct ipc_request *q,
                          const struct emergency_list_request *request,
                          struct emergency_list_reply *reply,
                          struct error *err);

/* The subcommands of "audit" and "person" that have their own file. */
bool admin_audit_verify(const struct admin_command *cmd, struct error *err);
bool admin_person_split(const struct admin_command *cmd, struct error *err);
/* Ends the last decision of an operator about the entry. */
bool admin_link_undo(const struct admin_command *cmd, const char *entry,
                     struct error *err);
/* The late numbers of a directory: as a list, and accepted as one. */
bool admin_late_list(const struct admin_command *cmd, const char *directory,
                     struct error *err);
bool admin_late_accept(const struct admin_command *cmd, struct error *err);
bool admin_link_list(const struct admin_command *cmd, struct error *err);
bool admin_link_confirm(const struct admin_command *cmd, struct error *err);

/* Handles link-proved: records the link of the two affiliations, unless it
 * is recorded.  Error: REFUSED, if they are not, in the catalogue, one person's
 * active affiliations of different municipalities without a doubt. */
bool admin_link_proved(const struct ipc_request *q,
                       const struct link_proved_request *request,
                       struct link_proved_reply *reply, struct error *err);

/* Returns the decision of this kind about both affiliations that is in force,
 * by this municipality (NULL: any); NULL in *ret if there is none. */
bool proved_link_find(const struct admin_command *cmd, struct directory *d,
                      const char *kind, const char *municipality,
                      const struct affiliation *f, const struct affiliation *g,
                      const struct directory_entry **ret,
                      struct error *err) must_check;

/* Ends what decides that the two are one person's: the link and both
 * confirmations. */
bool proved_link_end(const struct admin_command *cmd, struct directory *d,
                     const struct affiliation *f, const struct affiliation *g,
                     struct error *err) must_check;

/* Returns whether a link of the two can be proved. */
bool proved_link_is_possible(const struct affiliation *f,
                             const struct affiliation *g);

/* Records the link, with an audit event in the log of both municipalities. */
bool proved_link_write(const struct admin_command *cmd, struct directory *d,
                       const struct person *p, const struct affiliation *f,
                       const struct affiliation *g, const char *by,
                       const char *reason, struct error *err) must_check;

/* Lists the services that the person's sessions entered, and ends the sessions:
 * the identifiers those services received may change now. */
bool cmd_end_sessions(const struct admin_command *cmd, const struct person *p,
                      struct error *err) must_check;

#endif
