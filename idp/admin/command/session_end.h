/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_end.h: ends sessions from a command.  portvakt-web notifies the
 * services, because it alone may sign a logout token. */
#ifndef IDP_ADMIN_COMMAND_SESSION_END_H
#define IDP_ADMIN_COMMAND_SESSION_END_H

#include "idp/admin/command/command.h"
#include "lib/vector.h"
#include "region/redis/store_end.h"

/* A service that was used in a session that ended. */
struct ended_service {
	const char *hex;         /* of the session's key */
	const char *participant; /* "issuer service" */
};
struct ended_services {
	VECTOR(struct ended_service) services;
	size_t sessions;
};

/* Ends the session whose key is hex and adds its services; does nothing if
 * there is none.  cause: for its record and the audit log. */
bool cmd_end_session(const struct admin_command *cmd, const char *hex,
                     const char *cause, struct ended_services *ended,
                     struct error *err) must_check;

/* Waits at most 8 s for the notifications, and prints a line for each service:
 * whether it was notified, will be, or cannot be.  Error: UNAVAILABLE. */
bool cmd_print_ended_services(const struct admin_command *cmd,
                              const struct ended_services *ended,
                              struct error *err) must_check;

#endif
