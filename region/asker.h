/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_acl.h: which users may call which process. */
#ifndef REGION_ASKER_H
#define REGION_ASKER_H

#include <stdbool.h>
#include <sys/types.h>

struct askers;

/* Returns the uids that may call the process name ("door@tinn"): root, the
 * process's own uid, admin and its users, resolved once.  Never NULL. */
struct askers *askers_open(const char *name);
void askers_close(struct askers *known);

/* Returns whether user may call the process of this name. */
bool asker_is_named(const char *name, const char *user);

/* Returns whether the peer of this connection (SO_PEERCRED) is allowed, and its
 * uid. */
bool asker_is_known(const struct askers *known, int fd, uid_t *ret_asker);

/* Returns whether uid is root, the process's own or admin's: only these may run
 * commands and change configuration, so that a compromised process cannot. */
bool asker_is_operator(uid_t asker);

#endif
