/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_wait.h: how long a login form has been open.  After failed logins a
 * browser that is new to the account waits before the next attempt.  A sealed
 * form field states since when it waits, so nothing is stored for a stranger
 * and no JavaScript is needed. */
#ifndef IDP_LOGIN_LOGIN_WAIT_H
#define IDP_LOGIN_LOGIN_WAIT_H

#include "idp/session/request_context.h"

/* The form field, and the longest time that it states, in seconds. */
#define LOGIN_WAIT_FIELD "wait"
enum { LOGIN_WAIT_MAX_S = 15 * 60 };

/* Returns the value of a field that waits for this account from now on; "" if
 * the keys are unavailable.  account: the key of rate_limit_key().  Living in
 * ctx->arena. */
const char *login_wait_begin(struct request_context *ctx, const char *account);

/* Returns for how many seconds the field of this request has waited for the
 * account; -1 if it is absent, for another account, changed or older than
 * LOGIN_WAIT_MAX_S. */
int login_wait_elapsed(struct request_context *ctx, const char *account);

#endif
