/* SPDX-License-Identifier: AGPL-3.0-or-later
 * transaction_keys.h: the keys that seal authentication transactions.  The
 * signer derives one for each day and gives out today's and yesterday's, so a
 * leaked key is worth two days and every process has the same. */
#ifndef IDP_SESSION_TRANSACTION_KEYS_H
#define IDP_SESSION_TRANSACTION_KEYS_H

#include "idp/session/request_context.h"
#include "lib/aead.h"

enum { TRANSACTION_KEYS = 2 };

struct transaction_keys *transaction_keys_open(void);
void transaction_keys_close(struct transaction_keys *t);

/* Returns today's key, which seals, and yesterday's, which only opens.  Asks
 * the signer once a day.  Error: UNAVAILABLE. */
bool transaction_keys_get(struct request_context *ctx,
                          struct aead_key ret[TRANSACTION_KEYS],
                          struct error *err) must_check;

#endif
