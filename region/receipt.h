/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_event.h: audit events, one typed function each. portvakt-audit
 * acknowledges the event before the response to the user is sent. */
#ifndef REGION_RECEIPT_H
#define REGION_RECEIPT_H

#include "region/ask.h"
#include "region/decide.h"

/* Fields common to all events.  NULL: not applicable. */
struct event {
	const struct region *region;
	const char *municipality; /* NULL: the region's own audit log */
	const char *person;       /* catalogue id */
	const char *affiliation;
	const char *service;
	const char *issuer;
	const char *address; /* client address */
	const char *sid;     /* the SHA-256 hash of it is logged */
	const char *acr;
	const char *reason; /* code from reasons.def */
	const char *detail; /* for operators: the text of an error */
	int took_ms;
};

/* Each sends one event and returns its receipt code, allocated in a.  On error
 * returns false (ERROR_UNAVAILABLE, reason "scribe-away"), and the caller must
 * not perform the operation. */
bool receipt_login(struct ask *scribe, struct arena *a, const struct event *e,
                   char **ret_code, struct fault *why) must_check;
bool receipt_entered(struct ask *scribe, struct arena *a, const struct event *e,
                     const struct decision *d, char **released, char **ret_code,
                     struct fault *why) must_check;
bool receipt_refused(struct ask *scribe, struct arena *a, const struct event *e,
                     const struct decision *d, char **ret_code,
                     struct fault *why) must_check;
/* results: service name -> logout status. */
bool receipt_logout(struct ask *scribe, struct arena *a, const struct event *e,
                    json_t *told, char **ret_code,
                    struct fault *why) must_check;
/* A new password for the affiliation of e, before it is set. by: the
 * affiliation that sets it. */
bool receipt_password(struct ask *scribe, struct arena *a,
                      const struct event *e, const char *by, char **ret_code,
                      struct fault *why) must_check;
/* command: an operator's command as given to portvaktctl. by: the operator. */
bool receipt_administered(struct ask *scribe, struct arena *a,
                          const struct event *e, const char *act,
                          const char *by, char **ret_code,
                          struct fault *why) must_check;

#endif
