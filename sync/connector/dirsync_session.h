/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dirsync_session.h: a session with Active Directory. */
#ifndef SYNC_CONNECTOR_DIRSYNC_SESSION_H
#define SYNC_CONNECTOR_DIRSYNC_SESSION_H

#include <stdbool.h>

#include "lib/error.h"

struct source_session;

/* Runs until the session ends, then returns false with the cause in err: it
 * never returns true.  s->restart_now and s->restart_without_cookie are for the
 * next session. */
bool dirsync_session_run(struct source_session *s,
                         struct error *err) must_check;

#endif
