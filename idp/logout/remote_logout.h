/* SPDX-License-Identifier: AGPL-3.0-or-later
 * remote_logout.h: ends sessions of other browsers and notifies their services,
 * for a page that states the result: only services with a back channel can be
 * notified, since the other browser is not here. */
#ifndef IDP_LOGOUT_REMOTE_LOGOUT_H
#define IDP_LOGOUT_REMOTE_LOGOUT_H

#include "idp/logout/single_logout.h"

/* Ends the session of s's person with this id_hash, or all except s where it is
 * NULL.  ret: each service once, and the receipt code of the last session; also
 * on error, of those that ended.  Error: INVALID, reason "not-found", if it is
 * not one of this person's. */
bool remote_logout(struct request_context *ctx, const struct session *s,
                   const char *id_hash, const char *cause,
                   struct logout_report *ret, struct error *err) must_check;

/* Ends all sessions of p. */
bool remote_logout_person(struct request_context *ctx, const struct person *p,
                          const char *cause, struct logout_report *ret,
                          struct error *err) must_check;

#endif
