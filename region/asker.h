/* SPDX-License-Identifier: AGPL-3.0-or-later
 * asker.h: who may ask our processes at all. */
#ifndef REGION_ASKER_H
#define REGION_ASKER_H

#include <stdbool.h>
#include <sys/types.h>

struct askers;

/* Root, who we are, and the users that may ask the process of this name
 * ("door@tinn"); looked up once. */
struct askers *askers_open(const char *name);
void askers_close(struct askers *known);

/* Whether user is among those that may ask the process of this name. */
bool asker_is_named(const char *name, const char *user);

/* Whether the other end of this connection (SO_PEERCRED) is one of them. */
bool asker_is_known(const struct askers *known, int fd, uid_t *ret_asker);

/* Root, who we are, and admin: who may have things done.  A process that was
 * taken over may not, even where it may ask. */
bool asker_is_operator(uid_t asker);

#endif
