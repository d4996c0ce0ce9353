/* SPDX-License-Identifier: AGPL-3.0-or-later
 * work.c: requests to the apply thread: there is work; the catalogue is to be
 * read back. */
#include "sync/engine/state/work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static struct {
	pthread_mutex_t lock; /* guards signalled */
	pthread_cond_t cond;
	bool signalled;
} work = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

void work_signal(void)
{
	(void)pthread_mutex_lock(&work.lock);
	work.signalled = true;
	(void)pthread_cond_signal(&work.cond);
	(void)pthread_mutex_unlock(&work.lock);
}

void work_wait(int ms)
{
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += ms % 1000 * 1000000L;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)pthread_mutex_lock(&work.lock);
	while (!work.signalled && rc == 0)
		rc = pthread_cond_timedwait(&work.cond, &work.lock, &until);
	work.signalled = false;
	(void)pthread_mutex_unlock(&work.lock);
}

static atomic_bool verify_requested;

void work_request_verify(void)
{
	atomic_store(&verify_requested, true);
}

bool work_take_verify_request(void)
{
	return atomic_exchange(&verify_requested, false);
}
