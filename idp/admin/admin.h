/* SPDX-License-Identifier: AGPL-3.0-or-later
 * admin.h: the commands of portvaktctl, one function per command. Arguments
 * come as typed; output lines are returned with ipc_reply_line(). */
#ifndef IDP_ADMIN_ADMIN_H
#define IDP_ADMIN_ADMIN_H

#include "region/audit/audit_event.h"
#include "region/catalogue/catalogue.h"
#include "region/ipc/ipc_server.h"
#include "region/redis/session_store.h"

/* Connections of portvakt-admin to other processes; opened at start. */
struct admin_backends {
	struct ipc_client *signer, *audit;
	struct store *store;
	struct catalogue *catalogue;
	struct plugin_host_client *plugin_hosts;
};
extern struct admin_backends admin_backends;

/* One command in progress. */
struct admin_command {
	const struct ipc_request *request;
	struct arena *arena;
	const struct config *cfg;
	char **argv; /* NULL-terminated; argv[0] is the command */
	size_t argc;
};

/* Each returns true when done. On error err holds a message for the
 * operator. */
bool admin_reload(const struct admin_command *cmd, struct error *err);
bool admin_person(const struct admin_command *cmd, struct error *err);
bool admin_explain(const struct admin_command *cmd, struct error *err);
bool admin_audit_show(const struct admin_command *cmd, struct error *err);
bool admin_sessions(const struct admin_command *cmd, struct error *err);
bool admin_role(const struct admin_command *cmd, struct error *err);
bool admin_service(const struct admin_command *cmd, struct error *err);
bool admin_keys(const struct admin_command *cmd, struct error *err);
bool admin_audit_verify(const struct admin_command *cmd, struct error *err);
bool admin_override(const struct admin_command *cmd, struct error *err);
bool admin_quarantine(const struct admin_command *cmd, struct error *err);
bool admin_person_split(const struct admin_command *cmd, struct error *err);
bool admin_offboard(const struct admin_command *cmd, struct error *err);
bool admin_import(const struct admin_command *cmd, struct error *err);
bool admin_sync(const struct admin_command *cmd, struct error *err);

/* Returns the value after --name, or NULL. */
const char *cmd_option(const struct admin_command *cmd, const char *name);

/* Returns the arguments from first on that are neither options nor option
 * values. */
char **cmd_operands(const struct admin_command *cmd, size_t first,
                    size_t *ret_count);

/* Returns the person that who identifies. On error ERROR_INVALID: no match, or
 * several, which are listed first. */
bool cmd_find_person(const struct admin_command *cmd, const char *who,
                     const struct person **ret_person,
                     struct error *err) must_check;

/* Writes the command to the audit log before it is carried out, and prints the
 * receipt. p and f may be NULL. */
bool cmd_audit(const struct admin_command *cmd, const struct person *p,
               const struct affiliation *f, struct error *err) must_check;

/* An operator's override of synchronisation (docs/decisions/0005). */
struct admin_override {
	const char *kind;
	const char *target; /* first portvaktSubject of each entry, or NULL */
	const char *qualifier; /* second portvaktSubject, or NULL */
	const char *const *subjects;
	size_t count; /* over 500 are split into several entries */
	const char *hash;
	int64_t until; /* 0: no end */
};

/* Lists the services that the person's sessions entered, and ends the sessions:
 * the identifiers those services received may change now. */
bool cmd_end_sessions(const struct admin_command *cmd, const struct person *p,
                      struct error *err) must_check;

/* On error ERROR_INVALID: --by or --reason is missing, or the reason contains a
 * national identity number. */
bool cmd_require_by_and_reason(const struct admin_command *cmd,
                               struct error *err) must_check;

/* Audits the override, writes it to ou=decisions with --by and --reason, and
 * notifies sync. p: the person concerned, or NULL. */
bool override_create(const struct admin_command *cmd,
                     const struct admin_override *d, const struct person *p,
                     struct error *err) must_check;

/* Sends a request to sync, as portvaktctl does; each (NULL: none) is called for
 * every line of the response. */
bool cmd_call_sync(const struct admin_command *cmd, char **argv,
                   void (*each)(const char *line, void *with), void *with,
                   struct error *err) must_check;
/* Notifies sync that ou=decisions changed; prints an error if sync does not
 * respond. */
void cmd_notify_sync(const struct admin_command *cmd);

#endif
