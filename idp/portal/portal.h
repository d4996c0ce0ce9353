/* SPDX-License-Identifier: AGPL-3.0-or-later
 * portal.h: request handlers and pages of the portal, for routes.c: services,
 * sessions, logout. */
#ifndef IDP_PORTAL_PORTAL_H
#define IDP_PORTAL_PORTAL_H

#include "idp/logout/single_logout.h"
#include "idp/protocol.h"
#include "idp/session/eligible_affiliations.h"

/* GET /portal. */
void portal_get(struct request_context *ctx);

/* GET and POST /sessions. */
void sessions_get(struct request_context *ctx);
void sessions_post(struct request_context *ctx);

/* GET /password/pupils lists a teacher's pupils, with the parameter pupil it
 * shows the form for a new password; POST sets it. */
void pupil_password_get(struct request_context *ctx);
void pupil_password_post(struct request_context *ctx);
/* Returns true if one of the affiliations is a teacher's and a directory allows
 * password reset by teachers. */
bool teacher_has_pupils(const struct request_context *ctx,
                        const struct eligible_affiliations *list);

/* Shows the confirmation page; txn: the request of a service, or NULL. */
void logout_confirm_page(struct request_context *ctx, const struct session *s,
                         const struct auth_txn *txn);
/* Returns the purpose of the CSRF token of that form. */
char *logout_form_purpose(struct arena *a, const struct session *s,
                          const struct auth_txn *txn);

/* For backends->page_hooks. */
void logout_result_page(struct request_context *ctx,
                        const struct logout_report *report);

extern const struct protocol portal_protocol; /* name "portal" */

#endif
