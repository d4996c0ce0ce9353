/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_acl.h: which users may call which process. */
#ifndef REGION_IPC_IPC_ACL_H
#define REGION_IPC_IPC_ACL_H

#include <stdbool.h>
#include <sys/types.h>

#include "ipc_messages.h"

struct ipc_acl;

/* Returns the uids that may call the process name ("ldap-auth@tinn"): root, the
 * process's own uid, admin, the supervisors and its users, resolved once. Never
 * NULL. */
struct ipc_acl *ipc_acl_open(const char *name);
void ipc_acl_close(struct ipc_acl *acl);

/* Returns whether user may call the process of this name. */
bool ipc_acl_allows_user(const char *name, const char *user);

/* Returns whether the peer of this connection (SO_PEERCRED) is allowed, and its
 * uid. */
bool ipc_acl_check_peer(const struct ipc_acl *acl, int fd, uid_t *ret_uid);

/* Returns whether user may send requests of this type to a process that it may
 * call.  Every caller may ask for the status; operators may send all. */
bool ipc_acl_user_may_send(const char *user, enum ipc_message_type type);
/* The same for the user of a connection; the process's own uid may send all. */
bool ipc_acl_may_send(uid_t uid, enum ipc_message_type type);

/* Returns whether uid is root, the process's own, admin's or the supervisors':
 * a compromised process is none of these. */
bool ipc_acl_is_operator(uid_t uid);

#endif
