/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_queue.h: the calls that wait for a slot of an ipc_client.  Slots go to
 * the shares in turn, and within a share to the call that waited longest.  A
 * share is an address of strangers; calls without one are each a share of
 * their own, because a network of the region is many people.  All functions but
 * the first need the lock of the client. */
#ifndef REGION_IPC_IPC_QUEUE_H
#define REGION_IPC_IPC_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ipc_waiter;

/* All zero: no call waits. */
struct ipc_queue {
	int max;      /* calls that wait at once */
	int stall_ms; /* a call waits so long without progress */
	int wait_ms;  /* and at most so long */
	int waiting;
	int64_t progress_ms;      /* when a call last succeeded */
	struct ipc_waiter *first; /* in their order */
};

/* Sets the share (copied) of the calls of this thread; NULL: none. */
void ipc_share_set(const char *share);

/* Waits until ipc_queue_grant() hands over a slot, and returns it; NULL if
 * none comes in time, or if the queue is full and no share has more waiting
 * calls than this one's would have.  Otherwise the last call of the largest
 * share makes room and returns NULL.  Releases the lock while it waits. */
void *ipc_queue_wait(struct ipc_queue *q, pthread_mutex_t *lock);

/* Hands the slot over to the next call; returns false if none waits. */
bool ipc_queue_grant(struct ipc_queue *q, void *slot);

/* A call succeeded, so it is worth waiting for a slot. */
void ipc_queue_progress(struct ipc_queue *q);

#endif
