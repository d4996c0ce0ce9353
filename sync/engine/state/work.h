/* SPDX-License-Identifier: AGPL-3.0-or-later
 * work.h: requests to the apply thread. */
#ifndef SYNC_ENGINE_STATE_WORK_H
#define SYNC_ENGINE_STATE_WORK_H

#include <stdbool.h>

/* Wakes the apply thread; waits for that, at most ms milliseconds. */
void work_signal(void);
void work_wait(int ms);

/* Requests a read of the whole catalogue; the second function returns and
 * clears that request. */
void work_request_verify(void);
bool work_take_verify_request(void);

#endif
