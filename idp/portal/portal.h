/* SPDX-License-Identifier: AGPL-3.0-or-later
 * portal.h: a person's own pages, for routes.c: systems, sessions, and what
 * became of a logout. */
#ifndef IDP_PORTAL_PORTAL_H
#define IDP_PORTAL_PORTAL_H

#include "idp/front.h"
#include "idp/session/leave.h"

/* GET /portal. */
void portal_page(struct visit *v);

/* GET and POST /sessions. */
void portal_sessions(struct visit *v);
void portal_sessions_end(struct visit *v);

/* GET /password/pupils lists a teacher's pupils, ?pupil= asks for one's new
 * password; POST sets it. */
void portal_pupils(struct visit *v);
void portal_pupils_set(struct visit *v);
/* Whether there is anything to look for there. */
bool portal_has_pupils(const struct visit *v,
                       const struct affiliation *const *list, size_t count);

/* The question before a logout; t: who asks for it, or NULL. */
void portal_confirm(struct visit *v, const struct session *s,
                    const struct ticket *t);
/* What that form's word is made for. */
char *portal_logout_purpose(struct arena *a, const struct session *s,
                            const struct ticket *t);

/* For staff->pages. */
void portal_left(struct visit *v, const struct leave_report *report);

extern const struct front portal_front; /* name "portal" */

#endif
