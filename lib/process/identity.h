/* SPDX-License-Identifier: AGPL-3.0-or-later
 * identity.h: the users that processes run as.  A supervisor reads the ids of
 * its processes' users once, at its start; from then on it can change to these
 * and to no other (confine.h), not even to root. */
#ifndef LIB_PROCESS_IDENTITY_H
#define LIB_PROCESS_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/error.h"
#include "lib/process/syscall_filter.h"

/* The users of a supervisor; each list ends in NULL. */
struct identity_names {
	const char *supervisor;    /* its own */
	const char *const *users;  /* its processes' */
	const char *const *groups; /* its sockets'; one may not exist */
};

/* Returns whether this process starts others as users of their own: it is a
 * supervisor with the capabilities for it, or root. */
bool identity_can_change(void);

/* For a supervisor that root, or a unit with the capabilities, started: reads
 * the ids of names, becomes its own user if it is root, and gives up all other
 * capabilities.  Its supplementary groups are then those of its processes: a
 * filter sees how many groups a process sets, not which, so each of the users
 * is in all of these groups or in none.  On error ERROR_REFUSED, and the
 * process must not go on: a user is missing, is root, or is in other groups
 * than the others. */
bool identity_supervise(const struct identity_names *names,
                        struct error *err) must_check;

/* Changes to user, its groups, and no capabilities, for good; NULL, or without
 * identity_can_change: stays this user.  On error returns false, and the
 * process must not go on. */
bool identity_change(const char *user, struct error *err) must_check;

/* Makes gid, one of the sockets', or the own one the group of the files and
 * sockets that are created from now on. */
bool identity_set_group(gid_t gid, struct error *err) must_check;

/* Returns the changes of user that this supervisor makes, as rules; count 0:
 * it makes none.  Static. */
struct syscall_table identity_rules(void);

#endif
