/* SPDX-License-Identifier: AGPL-3.0-or-later
 * user_agent.h: a short description of the browser for the sessions page. */
#ifndef IDP_SESSION_USER_AGENT_H
#define IDP_SESSION_USER_AGENT_H

#include "lib/arena.h"

/* Returns "Firefox, Windows", or "" where nothing is recognised; allocated
 * in a. */
char *user_agent_summary(struct arena *a, const char *user_agent);

#endif
