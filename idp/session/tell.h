/* SPDX-License-Identifier: AGPL-3.0-or-later
 * tell.h: telling all services at once that a session is over, and waiting
 * for none of them longer than a person would. */
#ifndef IDP_SESSION_TELL_H
#define IDP_SESSION_TELL_H

#include "idp/front.h"

struct telling {
	struct part part;
	enum told how; /* TOLD_AWAY for those that were not done in time */
	const char *address; /* for TOLD_BROWSER */
};

/* What became of each part, in their order, living in v->arena.  leave is
 * handed on to front->tell.  Those that are late are still being told when
 * this returns. */
struct telling *leave_tell_all(struct visit *v, const struct session *s,
                               const struct part *parts, size_t count,
                               const char *leave);

#endif
