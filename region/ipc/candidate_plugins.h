/* SPDX-License-Identifier: AGPL-3.0-or-later
 * candidate_plugins.h: how a supervisor has the plugins of a candidate checked:
 * by portvakt-plugin-host, as its user, with these arguments:
 *
 *	PLUGIN_CANDIDATE_ARGUMENT MAIN-FILE FOLDER [MUNICIPALITY ...]
 *
 * MUNICIPALITY: at its last good version, so the owner of its plugins' files as
 * they are now does not matter.  The program writes to its descriptor 3 a line
 * FILE TAB LINE TAB COLUMN TAB TEXT for each fault, and PLUGIN_CANDIDATE_DONE
 * as the last line. */
#ifndef REGION_IPC_CANDIDATE_PLUGINS_H
#define REGION_IPC_CANDIDATE_PLUGINS_H

#include "region/accepted/accepted.h"

#define PLUGIN_CANDIDATE_ARGUMENT "--check-candidate"
#define PLUGIN_CANDIDATE_DONE     "checked"
enum { PLUGIN_CANDIDATE_FD = 3 };

/* An accepted_check_plugins(), of at most 20 s; on a machine without the login
 * service it checks nothing. The caller must have one thread. */
bool candidate_check_plugins(struct arena *a,
                             const struct accepted_candidate *candidate,
                             struct conf_errors *errors,
                             struct error *err) must_check;

#endif
