/* SPDX-License-Identifier: AGPL-3.0-or-later
 * address_share.c: the addresses whose requests are being served. */
#include "idp/web/address_share.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>

#include "lib/strbuf.h"

/* As many as requests that can be served at once. */
enum { SHARES_MAX = 256, SHARE_LENGTH_MAX = 63 };

static struct {
	pthread_mutex_t lock; /* guards the fields below */
	size_t count;
	struct address_share {
		char share[SHARE_LENGTH_MAX + 1];
		int requests;
	} at[SHARES_MAX];
} shares = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct address_share *address_share_find(const char *share)
{
	for (size_t i = 0; i < shares.count; i++)
		if (text_equal(shares.at[i].share, share))
			return &shares.at[i];
	return NULL;
}

/* Returns NULL if there are more than can be served at once. */
static struct address_share *address_share_add(const char *share)
{
	struct address_share *new = &shares.at[shares.count];

	if (shares.count == SHARES_MAX)
		return NULL;
	shares.count++;
	new->requests = 0;
	(void)snprintf(new->share, sizeof(new->share), "%s", share);
	return new;
}

bool address_share_enter(const char *share)
{
	bool entered = false;

	if (!share)
		return true;
	(void)pthread_mutex_lock(&shares.lock);
	struct address_share *s = address_share_find(share);

	if (!s)
		s = address_share_add(share);
	if (s && s->requests < ADDRESS_SHARE_MAX) {
		s->requests++;
		entered = true;
	}
	(void)pthread_mutex_unlock(&shares.lock);
	return entered;
}

void address_share_leave(const char *share)
{
	if (!share)
		return;
	(void)pthread_mutex_lock(&shares.lock);
	struct address_share *s = address_share_find(share);

	assert(s);
	if (--s->requests == 0)
		*s = shares.at[--shares.count];
	(void)pthread_mutex_unlock(&shares.lock);
}
