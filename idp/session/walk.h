/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_txn.h: a logout in progress, stored like an auth transaction: the
 * participants, the status of each notification, and the initiator. */
#ifndef IDP_SESSION_WALK_H
#define IDP_SESSION_WALK_H

#include "idp/session/tell.h"

/* The initiator of a logout. */
struct walk_for {
	const char *front; /* NULL: the person */
	const char *issuer;
	json_t *request; /* of the protocol; borrowed */
	const char *by;  /* service that is not notified, or NULL */
};

/* Moves the participants to be notified to the front and returns their number:
 * those that received a name_id, without the initiator. */
size_t walk_parts(struct part *parts, size_t count, const char *by);

/* Returns the transaction, owned by a. */
json_t *walk_of(struct arena *a, const struct walk_for *who,
                const struct telling *told, size_t count);
/* Returns true for a logout transaction, false for NULL or another value. */
bool walk_is(const json_t *walk);

/* Returns the first result that the browser must still visit, or NULL. */
json_t *walk_next(const json_t *walk);
bool walk_all_told(const json_t *walk);
/* Returns true where no other participant was involved, so that the result page
 * is skipped. */
bool walk_is_short(const json_t *walk);

enum told walk_state(const json_t *row);
/* Sets the status of a service that was pending.  Returns false where it is not
 * a participant; a status already known is kept. */
bool walk_answered(json_t *walk, const char *service, bool well);

/* Returns {service: status}, for the audit log. */
json_t *walk_told(struct arena *a, const json_t *walk);

#endif
