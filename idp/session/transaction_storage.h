/* SPDX-License-Identifier: AGPL-3.0-or-later
 * transaction_storage.h: where the value of an authentication transaction is
 * kept.  Anyone can start one, so it is sealed into the URL parameter t and
 * nothing is stored.  Redis has two kinds: those with the result of a login,
 * and requests too large for a URL, of which an address has few. */
#ifndef IDP_SESSION_TRANSACTION_STORAGE_H
#define IDP_SESSION_TRANSACTION_STORAGE_H

#include "idp/session/request_context.h"

enum {
	SEALED_MAX = 2304, /* bytes; its URL is then below 3.3 kB */
	/* Requests over SEALED_MAX within the lifetime of a transaction. */
	LARGE_PER_ADDRESS_MAX = 8,
	LARGE_PER_NETWORK_MAX = 400, /* a network of the configuration */
	LARGE_MAX = 2000,
};

/* Returns the value as the parameter t, allocated in ctx->arena.  Error:
 * UNAVAILABLE, and REFUSED with reason "too-large". */
bool transaction_seal(struct request_context *ctx, const json_t *value,
                      char **ret_t, struct error *err) must_check;

/* Stores the value in Redis, under t, or under a new secret if t is not one. */
bool transaction_store(struct request_context *ctx, const json_t *value,
                       const char *t, const char **ret_t,
                       struct error *err) must_check;

/* Returns the value of t, allocated in ctx->arena; NULL if t is neither sealed
 * by us nor stored. */
bool transaction_open(struct request_context *ctx, const char *t,
                      json_t **ret_value, struct error *err) must_check;

/* Returns whether t names a value in Redis. */
bool transaction_is_stored(const char *t);

#endif
