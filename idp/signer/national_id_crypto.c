/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id_crypto.c: returns the join value (HMAC) or the sealed text of a
 * national identity number. Requests are throttled: the join values of all
 * numbers would make the join value reversible. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "idp/signer/signer.h"
#include "lib/aead.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/process/credential.h"

enum { NATIONAL_ID_DIGITS = 11, REQUESTS_PER_SECOND = 5000, MAX_WAIT_MS = 250 };

static unsigned char join_key[KEY_SECRET_BYTES];
static struct aead_key national_key;

/* One for each kind of request. */
struct throttle {
	pthread_mutex_t lock;
	int64_t next_us; /* when the next request may be served */
};
static struct throttle join_throttle = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct throttle seal_throttle = { .lock = PTHREAD_MUTEX_INITIALIZER };

bool national_id_keys_open(const char *credentials, struct error *err)
{
	struct arena *a = arena_open();
	unsigned char seal[KEY_SECRET_BYTES];
	bool good =
	    credential_read_key(a, credentials, "join", join_key, err) &&
	    credential_read_key(a, credentials, "seal", seal, err);

	if (good)
		national_key = aead_key_from_bytes(seal);
	explicit_bzero(seal, sizeof(seal));
	arena_close(a);
	return good;
}

static int64_t national_id_now_us(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Waits for the next slot. On error ERROR_UNAVAILABLE (busy): the wait is too
 * long. */
static bool throttle_wait(struct throttle *p, struct error *err)
{
	const int64_t now = national_id_now_us();

	(void)pthread_mutex_lock(&p->lock);
	int64_t slot = p->next_us > now ? p->next_us : now;
	bool soon = slot - now < MAX_WAIT_MS * 1000;

	if (soon)
		p->next_us = slot + 1000000 / REQUESTS_PER_SECOND;
	(void)pthread_mutex_unlock(&p->lock);
	if (!soon)
		return error_set_reason(err, ERROR_UNAVAILABLE, "overloaded",
		                        "more than %d requests per second",
		                        REQUESTS_PER_SECOND);
	struct timespec pause = { .tv_nsec = (slot - now) * 1000 };

	/* Shorter waits add up until a later request sleeps for them. */
	if (slot - now > 1000)
		(void)nanosleep(&pause, NULL);
	return true;
}

static bool national_id_check(const char *number, struct error *err)
{
	if (strlen(number) != NATIONAL_ID_DIGITS ||
	    strspn(number, "0123456789") != NATIONAL_ID_DIGITS)
		return error_set(
		    err, ERROR_INVALID,
		    "national identity number does not have 11 digits");
	return true;
}

bool handle_join_value(const struct ipc_request *req,
                       const struct join_value_request *request,
                       struct join_value_reply *reply, struct error *err)
{
	unsigned char mac[HASH_SHA256_SIZE];

	if (!national_id_check(request->national, err) ||
	    !throttle_wait(&join_throttle, err))
		return false;
	hash_hmac_sha256(join_key, sizeof(join_key), request->national,
	                 NATIONAL_ID_DIGITS, mac);
	reply->join = base64url_encode(req->arena, mac, sizeof(mac));
	return true;
}

bool handle_seal_national_id(const struct ipc_request *req,
                             const struct encrypt_national_id_request *request,
                             struct encrypt_national_id_reply *reply,
                             struct error *err)
{
	if (!national_id_check(request->national, err) ||
	    !throttle_wait(&seal_throttle, err))
		return false;
	reply->sealed = aead_encrypt(req->arena, &national_key, "national-id",
	                             request->national, NATIONAL_ID_DIGITS);
	return true;
}
