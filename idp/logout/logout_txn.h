/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_txn.h: a logout in progress, stored like an auth transaction: the
 * participants, the status of each notification, and the initiator. */
#ifndef IDP_LOGOUT_LOGOUT_TXN_H
#define IDP_LOGOUT_LOGOUT_TXN_H

#include "idp/logout/logout_dispatch.h"

/* The initiator of a logout. */
struct logout_initiator {
	const char *protocol; /* NULL: the person */
	const char *issuer;
	json_t *request;     /* of the protocol; borrowed */
	const char *service; /* service that is not notified, or NULL */
};

/* Moves the participants to be notified to the front and returns their number:
 * those that received a name_id, without the initiator. */
size_t logout_txn_select(struct session_participant *participants, size_t count,
                         const char *initiator);

/* Returns the transaction, owned by a. */
json_t *logout_txn_create(struct arena *a,
                          const struct logout_initiator *initiator,
                          const struct logout_notification *notifications,
                          size_t count);
/* Returns true for a logout transaction, false for NULL or another value. */
bool logout_txn_is_valid(const json_t *logout);

/* Returns the first result that the browser must still visit, or NULL. */
json_t *logout_txn_next_front_channel(const json_t *logout);
bool logout_txn_all_done(const json_t *logout);
/* Returns true where no other participant was involved, so that the result page
 * is skipped. */
bool logout_txn_nothing_to_show(const json_t *logout);

enum logout_status logout_txn_status(const json_t *row);
/* Marks every service that the browser has yet to visit as not notified. */
void logout_txn_set_unreachable(json_t *logout);

/* Sets the status of a service that was pending.  Returns false where it is not
 * a participant; a status already known is kept. */
bool logout_txn_set_answer(json_t *logout, const char *service, bool success);

/* Returns the name of the issuer of a participant; NULL if it is none. */
const char *logout_txn_issuer(const json_t *logout, const char *service);

/* Returns {service: status}, for the audit log. */
json_t *logout_txn_results(struct arena *a, const json_t *logout);

#endif
