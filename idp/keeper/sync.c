/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id_crypto.c: returns the join value (HMAC) or the sealed text of a
 * national identity number. Requests are throttled: the join values of all
 * numbers would make the join value reversible. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "idp/keeper/keeper.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/seal.h"
#include "lib/secret.h"

enum { DIGITS = 11, A_SECOND = 5000, LONGEST_WAIT_MS = 250 };

static unsigned char join_key[KEY_SECRET];
static struct seal_key national_key;

/* One for each kind of request. */
struct pace {
	pthread_mutex_t lock;
	int64_t next_us; /* when the next request may be served */
};
static struct pace join_pace = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct pace seal_pace = { .lock = PTHREAD_MUTEX_INITIALIZER };

bool sync_keys_open(const char *credentials, struct fault *why)
{
	struct arena *a = arena_open();
	unsigned char seal[KEY_SECRET];
	bool good = secret_key(a, credentials, "join", join_key, why) &&
	            secret_key(a, credentials, "seal", seal, why);

	if (good)
		national_key = seal_key(seal);
	explicit_bzero(seal, sizeof(seal));
	arena_close(a);
	return good;
}

static int64_t now_us(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Waits for the next slot. On error ERROR_UNAVAILABLE (busy): the wait is too
 * long. */
static bool take_turn(struct pace *p, struct fault *why)
{
	const int64_t now = now_us();

	(void)pthread_mutex_lock(&p->lock);
	int64_t turn = p->next_us > now ? p->next_us : now;
	bool soon = turn - now < LONGEST_WAIT_MS * 1000;

	if (soon)
		p->next_us = turn + 1000000 / A_SECOND;
	(void)pthread_mutex_unlock(&p->lock);
	if (!soon)
		return fault_for(why, FAULT_UNAVAILABLE, "busy",
		                 "over %d questions a second", A_SECOND);
	struct timespec pause = { .tv_nsec = (turn - now) * 1000 };

	/* Shorter waits add up until a later request sleeps for them. */
	if (turn - now > 1000)
		(void)nanosleep(&pause, NULL);
	return true;
}

static bool national_of(const struct question *q, const char **ret_number,
                        struct fault *why)
{
	const char *number = js_string(q->body, "national");

	if (!number || strlen(number) != DIGITS ||
	    strspn(number, "0123456789") != DIGITS)
		return fault(why, FAULT_INVALID, "not eleven digits");
	*ret_number = number;
	return true;
}

bool answer_join(const struct question *q, json_t **ret_answer,
                 struct fault *why)
{
	unsigned char mac[HASH_SHA256];
	const char *number;

	if (!national_of(q, &number, why) || !take_turn(&join_pace, why))
		return false;
	hash_hmac(join_key, sizeof(join_key), number, DIGITS, mac);
	*ret_answer = js_keep(
	    q->arena, json_pack("{s:s}", "join",
	                        base64url_write(q->arena, mac, sizeof(mac))));
	return true;
}

bool answer_seal(const struct question *q, json_t **ret_answer,
                 struct fault *why)
{
	const char *number;

	if (!national_of(q, &number, why) || !take_turn(&seal_pace, why))
		return false;
	*ret_answer = js_keep(
	    q->arena, json_pack("{s:s}", "sealed",
	                        seal_close(q->arena, &national_key,
	                                   "national-id", number, DIGITS)));
	return true;
}
