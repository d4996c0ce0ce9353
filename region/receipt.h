/* SPDX-License-Identifier: AGPL-3.0-or-later
 * receipt.h: what must be remembered, one typed function each.  The receipt
 * is acknowledged by the scribe before the answer it is about goes out. */
#ifndef REGION_RECEIPT_H
#define REGION_RECEIPT_H

#include "region/ask.h"
#include "region/decide.h"

/* What every receipt carries.  NULL where it does not apply. */
struct event {
	const struct region *region;
	const char *municipality; /* NULL: the region's own record */
	const char *person;       /* catalogue id */
	const char *affiliation;
	const char *service;
	const char *issuer;
	const char *address; /* the client's */
	const char *sid;     /* SHA-256 of it is what is written */
	const char *acr;
	const char *reason; /* word of reasons.def */
	const char *detail; /* for operators: a fault's text */
	int took_ms;
};

/* Each returns the receipt's code, living in a, or false when the scribe did
 * not acknowledge (UNAVAILABLE, reason "scribe-away"): then the thing must
 * not be done. */
bool receipt_login(struct ask *scribe, struct arena *a, const struct event *e,
                   char **ret_code, struct fault *why) must_check;
bool receipt_entered(struct ask *scribe, struct arena *a, const struct event *e,
                     const struct decision *d, char **released, char **ret_code,
                     struct fault *why) must_check;
bool receipt_refused(struct ask *scribe, struct arena *a, const struct event *e,
                     const struct decision *d, char **ret_code,
                     struct fault *why) must_check;
/* told: service name -> "told", "away", "cannot". */
bool receipt_logout(struct ask *scribe, struct arena *a, const struct event *e,
                    json_t *told, char **ret_code,
                    struct fault *why) must_check;
/* A new password for e's affiliation, before it is set; by: the affiliation of
 * whoever sets it. */
bool receipt_password(struct ask *scribe, struct arena *a,
                      const struct event *e, const char *by, char **ret_code,
                      struct fault *why) must_check;
/* An operator's act: words as given to portvaktctl, who by. */
bool receipt_administered(struct ask *scribe, struct arena *a,
                          const struct event *e, const char *act,
                          const char *by, char **ret_code,
                          struct fault *why) must_check;

#endif
