/* SPDX-License-Identifier: AGPL-3.0-or-later
 * portal.h: request handlers and pages of the portal, for routes.c: services,
 * sessions, logout. */
#ifndef IDP_PORTAL_PORTAL_H
#define IDP_PORTAL_PORTAL_H

#include "idp/front.h"
#include "idp/session/leave.h"

/* GET /portal. */
void portal_page(struct visit *v);

/* GET and POST /sessions. */
void portal_sessions(struct visit *v);
void portal_sessions_end(struct visit *v);

/* GET /password/pupils lists a teacher's pupils, with the parameter pupil it
 * shows the form for a new password; POST sets it. */
void portal_pupils(struct visit *v);
void portal_pupils_set(struct visit *v);
/* Returns true if one of the affiliations is a teacher's and a directory allows
 * password reset by teachers. */
bool portal_has_pupils(const struct visit *v,
                       const struct affiliation *const *list, size_t count);

/* Shows the confirmation page; txn: the request of a service, or NULL. */
void portal_confirm(struct visit *v, const struct session *s,
                    const struct ticket *t);
/* Returns the purpose of the CSRF token of that form. */
char *portal_logout_purpose(struct arena *a, const struct session *s,
                            const struct ticket *t);

/* For backends->page_hooks. */
void portal_left(struct visit *v, const struct leave_report *report);

extern const struct front portal_front; /* name "portal" */

#endif
