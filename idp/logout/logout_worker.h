/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_worker.h: the thread that carries out what no person waits for: the
 * notifications that failed or that another process queued, the ends of
 * sessions that portvakt-revocation queued, and the ends of sessions whose time
 * is over.  Every portvakt-web has one; each item is taken by one of them. */
#ifndef IDP_LOGOUT_LOGOUT_WORKER_H
#define IDP_LOGOUT_LOGOUT_WORKER_H

#include "idp/session/request_context.h"

struct logout_worker;

/* Starts it.  backends outlives it; the store, signer, audit and protocols are
 * used.  Returns NULL where no thread can be started. */
struct logout_worker *logout_worker_start(const struct web_backends *backends);

/* Stops it, after the notifications in progress.  NULL is allowed. */
void logout_worker_stop(struct logout_worker *worker);

#endif
