/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_store.h: the session store in Redis.  Every key has an expiry; keys
 * are pv:1:<kind>:<SHA-256 of the secret>; values carry a MAC by the signer, so
 * that a value written by another program is not a session. */
#ifndef REGION_REDIS_SESSION_STORE_H
#define REGION_REDIS_SESSION_STORE_H

#include "lib/json.h"
#include "region/config/config.h"
#include "region/ipc/ipc_client.h"

/* Connections are per thread, opened on first use and closed on any error; a
 * command takes at most a second.  Functions that return bool return false on
 * error: ERROR_UNAVAILABLE with reason "session-store-unavailable", or
 * "signer-unavailable" or "overloaded" if the signer returned no MAC. */
struct store;

/* signer: creates and verifies MACs; NULL for processes that only delete.
 * Returns a store that the caller closes, never NULL. */
struct store *store_open(struct ipc_client *signer);
void store_close(struct store *s);

/* Returns pv:1:kind:hex, living in a. */
char *store_key(struct arena *a, const char *kind, const char *secret);

/* Sets a value that expires after seconds.  if_absent: sets *ret_done to false
 * and writes nothing if the key exists; ret_done may be NULL.  "v":1 is added
 * to a value without "v". */
bool store_put(struct store *s, const struct config *cfg, const char *kind,
               const char *secret, const json_t *value, int64_t seconds,
               bool if_absent, bool *ret_done, struct error *err) must_check;

/* Records that subject used value (a jti, a request ID) under kind replay;
 * *ret_new is false if it was recorded before (RFC 7523 3). */
bool store_add_if_absent(struct store *s, const struct config *cfg,
                         const char *subject, const char *value,
                         int64_t seconds, bool *ret_new,
                         struct error *err) must_check;
/* Removes a value that was added so. */
bool store_remove_added(struct store *s, const struct config *cfg,
                        const char *subject, const char *value,
                        struct error *err) must_check;

/* Returns the value, living in a; NULL if there is none, its MAC is wrong or
 * its version is unknown.  store_get_delete() also deletes it, atomically
 * (GETDEL). */
bool store_get(struct store *s, const struct config *cfg, struct arena *a,
               const char *kind, const char *secret, json_t **ret_value,
               struct error *err) must_check;
bool store_get_delete(struct store *s, const struct config *cfg,
                      struct arena *a, const char *kind, const char *secret,
                      json_t **ret_value, struct error *err) must_check;

/* Replaces the value only if it still equals old_value (the exact bytes);
 * *ret_done is false otherwise. */
bool store_compare_and_set(struct store *s, const struct config *cfg,
                           const char *kind, const char *secret,
                           const json_t *old_value, const json_t *new_value,
                           int64_t seconds, bool *ret_done,
                           struct error *err) must_check;

/* A value to store, of a kind that has a MAC. */
struct store_item {
	const char *kind, *secret;
	const json_t *value;
	int64_t seconds;
};

/* A token that the signer signs in the same request as the MACs.  */
struct store_token_request {
	struct arena *arena;
	const struct sign_token_request *request;
	char *token; /* the response, living in arena */
};

/* As store_compare_and_set() on the key of new_item, and atomically with it
 * stores the items, at most STORE_CAS_MAX_ITEMS.  token_request may be NULL;
 * its token is signed even if *ret_done is false. */
enum { STORE_CAS_MAX_ITEMS = 2 };
bool store_cas_multi(struct store *s, const struct config *cfg,
                     const json_t *old_value, const struct store_item *new_item,
                     const struct store_item *items, size_t count,
                     struct store_token_request *token_request, bool *ret_done,
                     struct error *err) must_check;

/* True if Redis refused because its memory is full. */
bool store_error_is_full(const struct error *err);

/* As store_cas_multi() with one item, and also where the memory of Redis is
 * full: in the same step it deletes the values of the item's kind with these
 * hashes (64 hex digits each, at most STORE_CAS_MAX_REPLACED), which make room
 * for it. */
enum { STORE_CAS_MAX_REPLACED = 8 };
bool store_cas_in_place(struct store *s, const struct config *cfg,
                        const json_t *old_value,
                        const struct store_item *new_item,
                        const struct store_item *item,
                        const char *const *replaced, size_t count,
                        struct store_token_request *token_request,
                        bool *ret_done, struct error *err) must_check;

bool store_delete(struct store *s, const struct config *cfg, const char *kind,
                  const char *secret, struct error *err) must_check;
/* The same with a hashed key (64 hex digits); any other string is
 * ERROR_INVALID. */
bool store_delete_hashed(struct store *s, const struct config *cfg,
                         const char *kind, const char *hex,
                         struct error *err) must_check;
bool store_get_hashed(struct store *s, const struct config *cfg,
                      struct arena *a, const char *kind, const char *hex,
                      json_t **ret_value, struct error *err) must_check;

/* Sets of strings without a MAC: the sessions of a person. */
bool store_set_remove(struct store *s, const struct config *cfg,
                      const char *kind, const char *secret, const char *member,
                      struct error *err) must_check;
bool store_set_read(struct store *s, const struct config *cfg, struct arena *a,
                    const char *kind, const char *secret, char ***ret_members,
                    size_t *ret_count, struct error *err) must_check;

/* Fields of a hash without a MAC: the participants of a session
 * (store_end.h). */
bool store_hash_read(struct store *s, const struct config *cfg, struct arena *a,
                     const char *kind, const char *secret, char ***ret_names,
                     char ***ret_values, size_t *ret_count,
                     struct error *err) must_check;

/* Adds one and returns the new value.  The counter expires seconds after its
 * first increment. */
bool store_counter_incr(struct store *s, const struct config *cfg,
                        const char *name, const char *subject, int64_t seconds,
                        long long *ret_count, struct error *err) must_check;

/* The same for several counters, their values, and a decrement of several: one
 * round trip each. */
enum { STORE_MAX_COUNTERS = 4 };
struct store_counter {
	const char *name, *subject;
};
bool store_counters_incr(struct store *s, const struct config *cfg,
                         const struct store_counter *counters, size_t count,
                         int64_t seconds, long long *ret_counts,
                         struct error *err) must_check;
bool store_counters_get(struct store *s, const struct config *cfg,
                        const struct store_counter *counters, size_t count,
                        long long *ret_counts, struct error *err) must_check;
bool store_counters_decr(struct store *s, const struct config *cfg,
                         const struct store_counter *counters, size_t count,
                         struct error *err) must_check;

/* Lets each counter that exists expire seconds from now. */
bool store_counters_extend(struct store *s, const struct config *cfg,
                           const struct store_counter *counters, size_t count,
                           int64_t seconds, struct error *err) must_check;

/* Returns the value; and decrements it if it is above zero, for attempts that
 * are counted before their outcome is known. */
bool store_counter_get(struct store *s, const struct config *cfg,
                       const char *name, const char *subject,
                       long long *ret_count, struct error *err) must_check;
bool store_counter_decr(struct store *s, const struct config *cfg,
                        const char *name, const char *subject,
                        struct error *err) must_check;

/* Returns when person, affiliation and municipality were revoked (0: not), in
 * one round trip.  Each of the three ids may be NULL. */
struct revoked_at {
	int64_t person, affiliation, municipality;
};
bool store_get_revoked_at(struct store *s, const struct config *cfg,
                          const char *person, const char *affiliation,
                          const char *municipality,
                          struct revoked_at *ret_revoked_at,
                          struct error *err) must_check;

/* What a session, or a grant issued in it, depends on: its participants, by
 * sid, and the subjects that may be revoked. */
struct validity_keys {
	const char *sid, *person, *affiliation, *municipality;
};
struct validity {
	struct revoked_at revoked_at;
	char **names, **values;
	size_t count;
};

bool store_get_validity(struct store *s, const struct config *cfg,
                        struct arena *a, const struct validity_keys *keys,
                        struct validity *ret_validity,
                        struct error *err) must_check;

/* As store_get(), and the validity of what the value depends on, in the same
 * round trip if those keys are cached.  keys_of reads the keys from the value;
 * if it returns false, or the value is NULL, *ret_validity is not set. */
typedef bool store_validity_keys_fn(void *data, const json_t *value,
                                    struct validity_keys *ret_keys);
bool store_get_with_validity(struct store *s, const struct config *cfg,
                             struct arena *a, const char *kind,
                             const char *secret,
                             store_validity_keys_fn *keys_of, void *data,
                             json_t **ret_value, struct validity *ret_validity,
                             struct error *err) must_check;
/* Caches the validity keys of a secret, which saves a round trip later. */
void store_prefetch_hint(struct store *s, const char *secret,
                         const struct validity_keys *keys);

/* Revokes what was issued until now.  subject: "person", "affiliation" or
 * "municipality". */
bool store_revoke(struct store *s, const struct config *cfg,
                  const char *subject, const char *id, const char *reason,
                  struct error *err) must_check;
bool store_clear_revocation(struct store *s, const struct config *cfg,
                            const char *subject, const char *id,
                            struct error *err) must_check;

/* Sets the counter to zero. *ret_count: what it was. */
bool store_counter_clear(struct store *s, const struct config *cfg,
                         const char *name, const char *subject,
                         long long *ret_count, struct error *err) must_check;

/* Records that this part of the region was seen now ("catalogue"), and returns
 * when it last was; 0 if never.  Without a MAC: only portvakt-revocation writes
 * it, and it has no access to the signer. */
bool store_note_seen(struct store *s, const struct config *cfg,
                     const char *what, struct error *err) must_check;
bool store_last_seen(struct store *s, const struct config *cfg,
                     const char *what, int64_t *ret_when,
                     struct error *err) must_check;

/* Returns every key of a kind, as 64 hex digits, by SCAN; for operators. */
bool store_list_keys(struct store *s, const struct config *cfg, struct arena *a,
                     const char *kind, char ***ret_hexes, size_t *ret_count,
                     struct error *err) must_check;

/* The memory of Redis in bytes: in use, and its maxmemory, 0: no limit. */
struct store_memory {
	long long used, most;
};

bool store_memory_read(struct store *s, const struct config *cfg,
                       struct store_memory *ret, struct error *err) must_check;
/* Returns the part in use in per cent; 0 without a limit. */
int store_memory_percent(const struct store_memory *memory);

/* Returns this host's clock minus that of Redis, in seconds. */
bool store_clock_skew(struct store *s, const struct config *cfg,
                      int64_t *ret_seconds, struct error *err) must_check;

#endif
