/* SPDX-License-Identifier: AGPL-3.0-or-later
 * gone_sessions.c: two sets of the first bytes of SHA-256 of the sids, of this
 * max-lifetime and of the one before.  An older session is over by its age, so
 * the set before is dropped when the next begins. */
#include "idp/session/gone_sessions.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "region/config/config.h"
#include "region/ipc/ipc_client.h"

enum { ID_SIZE = 16, INITIAL_CAPACITY = 4096, REPLY_MAX = 1000 };

struct gone_id {
	unsigned char bytes[ID_SIZE]; /* all zero: a free place */
};

struct gone_set {
	struct gone_id *ids;
	size_t capacity, count;
};

struct gone_sessions {
	pthread_rwlock_t lock; /* guards all below but next */
	struct gone_set now, before;
	int64_t began_ms; /* clock_monotonic_ms() at the begin of now */
	bool loaded;
	long long next; /* the number to ask for; of the one that updates */
};

static struct gone_id *gone_places(size_t capacity)
{
	struct gone_id *ids = calloc(capacity, sizeof(*ids));

	if (!ids)
		abort();
	return ids;
}

static struct gone_set gone_set_open(void)
{
	return (struct gone_set){ gone_places(INITIAL_CAPACITY),
		                  INITIAL_CAPACITY, 0 };
}

struct gone_sessions *gone_sessions_open(void)
{
	struct gone_sessions *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	(void)pthread_rwlock_init(&t->lock, NULL);
	t->now = gone_set_open();
	t->before = gone_set_open();
	t->began_ms = clock_monotonic_ms();
	return t;
}

void gone_sessions_close(struct gone_sessions *t)
{
	if (!t)
		return;
	(void)pthread_rwlock_destroy(&t->lock);
	free(t->now.ids);
	free(t->before.ids);
	free(t);
}

/* Returns the place of the id, or the free one for it. */
static struct gone_id *gone_place(const struct gone_set *set,
                                  const struct gone_id *id)
{
	static const struct gone_id none;
	uint64_t h;

	memcpy(&h, id->bytes, sizeof(h));
	h %= set->capacity;
	while (memcmp(&set->ids[h], &none, sizeof(none)) != 0 &&
	       memcmp(&set->ids[h], id, sizeof(*id)) != 0)
		h = (h + 1) % set->capacity;
	return &set->ids[h];
}

static bool gone_has(const struct gone_set *set, const struct gone_id *id)
{
	return memcmp(gone_place(set, id), id, sizeof(*id)) == 0;
}

static void gone_grow(struct gone_set *set)
{
	struct gone_set next = { gone_places(2 * set->capacity),
		                 2 * set->capacity, set->count };

	for (size_t i = 0; i < set->capacity; i++)
		*gone_place(&next, &set->ids[i]) = set->ids[i];
	free(set->ids);
	*set = next;
}

/* Requires the lock for writing. */
static void gone_insert(struct gone_sessions *t, const struct gone_id *id)
{
	if (t->now.count * 2 >= t->now.capacity)
		gone_grow(&t->now);
	t->now.count += !gone_has(&t->now, id);
	*gone_place(&t->now, id) = *id;
}

/* A session that ended before now began is over by its age once now is as old
 * as a session can be. */
static void gone_drop_old(struct gone_sessions *t, int64_t max_lifetime_s)
{
	const int64_t now_ms = clock_monotonic_ms();

	(void)pthread_rwlock_wrlock(&t->lock);
	if (now_ms - t->began_ms > max_lifetime_s * 1000) {
		free(t->before.ids);
		t->before = t->now;
		t->now = gone_set_open();
		t->began_ms = now_ms;
	}
	(void)pthread_rwlock_unlock(&t->lock);
}

static struct gone_id gone_id_of(const char *sid)
{
	unsigned char hash[HASH_SHA256_SIZE];
	struct gone_id id;

	hash_sha256(sid, strlen(sid), hash);
	memcpy(id.bytes, hash, ID_SIZE);
	return id;
}

static void gone_insert_reply(struct gone_sessions *t, struct arena *a,
                              const struct ended_sessions_reply *reply)
{
	(void)pthread_rwlock_wrlock(&t->lock);
	for (size_t i = 0; i < reply->ids_count; i++) {
		const char *text = reply->ids[i];
		unsigned char *bytes;
		size_t length;

		if (base64url_decode(a, text, strlen(text), &bytes, &length) &&
		    length == ID_SIZE)
			gone_insert(t, (const struct gone_id *)bytes);
	}
	(void)pthread_rwlock_unlock(&t->lock);
}

bool gone_sessions_update(struct gone_sessions *t, struct ipc_client *client,
                          const struct config *cfg, struct error *err)
{
	struct ended_sessions_reply reply = { .ids_count = REPLY_MAX };
	bool good = true;

	gone_drop_old(t, cfg->session_store.max_lifetime);
	while (good && reply.ids_count == REPLY_MAX) {
		const struct ended_sessions_request request = { t->next };
		struct arena *a = arena_open();

		good = ended_sessions_call(client, a, cfg->hash, &request,
		                           &reply, err);
		if (good) {
			gone_insert_reply(t, a, &reply);
			t->next = reply.next;
		}
		arena_close(a);
	}
	(void)pthread_rwlock_wrlock(&t->lock);
	t->loaded |= good;
	(void)pthread_rwlock_unlock(&t->lock);
	return good;
}

void gone_sessions_add(struct gone_sessions *t, const char *sid)
{
	const struct gone_id id = gone_id_of(sid);

	(void)pthread_rwlock_wrlock(&t->lock);
	gone_insert(t, &id);
	(void)pthread_rwlock_unlock(&t->lock);
}

bool gone_sessions_find(struct gone_sessions *t, const char *sid,
                        bool *ret_gone, struct error *err)
{
	const struct gone_id id = gone_id_of(sid);

	(void)pthread_rwlock_rdlock(&t->lock);
	const bool loaded = t->loaded;

	*ret_gone = gone_has(&t->now, &id) || gone_has(&t->before, &id);
	(void)pthread_rwlock_unlock(&t->lock);
	return loaded ||
	       error_set_reason(err, ERROR_UNAVAILABLE,
	                        "session-store-unavailable",
	                        "the list of ended sessions is not known yet");
}
