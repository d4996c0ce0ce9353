/* SPDX-License-Identifier: AGPL-3.0-or-later
 * work.c: requests to the apply thread: there is work; the catalogue is to be
 * read back. */
#include "sync/engine/state/work.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/thread/timed_wait.h"

static struct {
	pthread_mutex_t lock; /* guards signalled */
	pthread_cond_t cond;
	pthread_once_t once; /* initialises cond */
	bool signalled;
} work = { .lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT };

static void work_init(void)
{
	timed_wait_init(&work.cond);
}

void work_signal(void)
{
	(void)pthread_once(&work.once, work_init);
	(void)pthread_mutex_lock(&work.lock);
	work.signalled = true;
	(void)pthread_cond_signal(&work.cond);
	(void)pthread_mutex_unlock(&work.lock);
}

void work_wait(int ms)
{
	struct timespec until = timed_wait_end(ms);
	int rc = 0;

	(void)pthread_once(&work.once, work_init);
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
