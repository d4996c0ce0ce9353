/* SPDX-License-Identifier: AGPL-3.0-or-later
 * agent.h: what a browser says it is, in two words a person recognises. */
#ifndef IDP_SESSION_AGENT_H
#define IDP_SESSION_AGENT_H

#include "lib/arena.h"

/* "Firefox, Windows"; "" where nothing is recognised. */
char *agent_short(struct arena *a, const char *user_agent);

#endif
