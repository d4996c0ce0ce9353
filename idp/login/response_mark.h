/* SPDX-License-Identifier: AGPL-3.0-or-later
 * response_mark.h: the response to a wrong password leaves at fixed times after
 * the request, so its time does not depend on whether the account exists, is
 * locked, or has a password that is slow to compare. */
#ifndef IDP_LOGIN_RESPONSE_MARK_H
#define IDP_LOGIN_RESPONSE_MARK_H

#include <stdint.h>

enum { RESPONSE_MARK_MS = 250, RESPONSE_MARK_WAITING_MAX = 96 };

/* Returns the first mark after now_ms: started_ms plus a multiple of
 * RESPONSE_MARK_MS.  Both are values of clock_monotonic_ms(). */
int64_t response_mark_after(int64_t started_ms, int64_t now_ms);

/* Waits for the next mark of a request that began at started_ms.  A waiting
 * request holds a thread: while RESPONSE_MARK_WAITING_MAX wait, the others
 * return at once, which the log reports once until all have left. */
void response_mark_wait(int64_t started_ms);

#endif
