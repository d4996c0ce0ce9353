/* SPDX-License-Identifier: AGPL-3.0-or-later
 * command.h: what the commands of portvakt-admin share: the request, its
 * options, the person it names, its audit event, and requests to sync. */
#ifndef IDP_ADMIN_COMMAND_COMMAND_H
#define IDP_ADMIN_COMMAND_COMMAND_H

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

/* On error ERROR_INVALID: --reason, --by or --ticket has a national identity
 * number; the catalogue and the audit log would keep it. */
bool cmd_check_free_text(const struct admin_command *cmd,
                         struct error *err) must_check;

/* The same, or --by or --reason is missing. */
bool cmd_require_by_and_reason(const struct admin_command *cmd,
                               struct error *err) must_check;

/* Sends a request to sync, as portvaktctl does; each (NULL: none) is called for
 * every line of the response. */
bool cmd_call_sync(const struct admin_command *cmd, char **argv,
                   void (*each)(const char *line, void *data), void *data,
                   struct error *err) must_check;
/* For cmd_call_sync: does nothing with the line. */
void cmd_ignore_line(const char *line, void *data);
/* For cmd_call_sync: returns the line to portvaktctl; data: the command. */
void cmd_relay_line(const char *line, void *data);

/* Notifies sync that ou=decisions changed; prints an error if sync does not
 * respond. */
void cmd_notify_sync(const struct admin_command *cmd);

#endif
