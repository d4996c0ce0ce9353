/* SPDX-License-Identifier: AGPL-3.0-or-later
 * capabilities.h: the capabilities of the calling process (capabilities(7)). */
#ifndef LIB_PROCESS_CAPABILITIES_H
#define LIB_PROCESS_CAPABILITIES_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/error.h"

/* Returns whether it can start processes as other users: it holds CAP_SETUID
 * and CAP_SETGID. */
bool capabilities_can_change_user(void);

/* Changes to uid and gid, without supplementary groups; (uid_t)-1 and (gid_t)-1
 * keep them.  Only CAP_SETUID, CAP_SETGID and CAP_KILL remain, and the bounding
 * set is emptied if CAP_SETPCAP permits it: no program that is started later
 * can have one of them.  On error: ERROR_UNAVAILABLE. */
bool capabilities_keep_for_supervisor(uid_t uid, gid_t gid,
                                      struct error *err) must_check;

/* Gives up all.  On error: ERROR_UNAVAILABLE. */
bool capabilities_drop(struct error *err) must_check;

#endif
